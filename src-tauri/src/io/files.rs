//! Files and folders that only their owner can use.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

use tempfile::NamedTempFile;

/// Opens a file for reading and writing, and creates it where needed.
pub(super) fn open_private(path: &Path) -> io::Result<File> {
    open(path, OpenOptions::new().read(true).write(true).create(true).truncate(false))
}

/// Opens a file for appending, and creates it where needed.
pub(super) fn append_private(path: &Path) -> io::Result<File> {
    open(path, OpenOptions::new().append(true).create(true))
}

/// A link is refused, which may lead to a file that is not ours, and so is a file of another user.
fn open(path: &Path, options: &mut OpenOptions) -> io::Result<File> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600).custom_flags(nix::fcntl::OFlag::O_NOFOLLOW.bits());
    }
    if path.is_symlink() {
        return Err(io::Error::other(format!("{} is a link", path.display())));
    }
    let file = options.open(path)?;
    #[cfg(unix)]
    unix::close_file(&file, path)?;
    Ok(file)
}

/// Replaces a file. Other processes read the old content or the new, never a part of it.
pub fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    write_draft(path, content)?.persist(path)?;
    Ok(())
}

/// A synced temporary file beside `path`, deleted unless it is persisted.
pub(super) fn write_draft(path: &Path, content: &[u8]) -> io::Result<NamedTempFile> {
    let mut draft = NamedTempFile::new_in(path.parent().unwrap_or(Path::new(".")))?;
    draft.write_all(content)?;
    draft.as_file().sync_all()?;
    Ok(draft)
}

/// Creates a folder that only its owner can enter, or takes the rights of others away from one that exists. It is refused
/// if it belongs to another user, or if others can still write to it.
pub(crate) fn create_private_dir(dir: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(dir)?;
    #[cfg(unix)]
    unix::close_dir(dir)?;
    Ok(())
}

/// Checks the folder around private ones: who can write to it could put others in their place. Of `/tmp` and the like only
/// owners can.
#[cfg_attr(not(unix), expect(unused_variables))]
pub(super) fn check_parent(dir: &Path) -> io::Result<()> {
    #[cfg(unix)]
    if dir.exists() {
        unix::check_parent(dir)?;
    }
    Ok(())
}

#[cfg(unix)]
mod unix {
    use std::fs::{self, File, Metadata, Permissions};
    use std::io;
    use std::os::unix::fs::{MetadataExt, PermissionsExt};
    use std::path::Path;

    const OTHERS: u32 = 0o077;
    const WRITABLE_BY_OTHERS: u32 = 0o022;
    const STICKY: u32 = 0o1000;

    /// Not as a missing permission: then the index would still be read.
    fn refuse<T>(path: &Path, why: &str) -> io::Result<T> {
        Err(io::Error::other(format!("{} {why}", path.display())))
    }

    fn is_ours(found: &Metadata) -> bool {
        found.uid() == nix::unistd::geteuid().as_raw()
    }

    pub(super) fn close_file(file: &File, path: &Path) -> io::Result<()> {
        let found = file.metadata()?;
        if !is_ours(&found) {
            return refuse(path, "belongs to another user");
        }
        if found.mode() & OTHERS != 0 {
            // Not on every file system; its folder is closed.
            let _ = file.set_permissions(Permissions::from_mode(0o600));
        }
        Ok(())
    }

    pub(super) fn close_dir(dir: &Path) -> io::Result<()> {
        let found = fs::metadata(dir)?;
        if !is_ours(&found) {
            return refuse(dir, "belongs to another user");
        }
        if found.mode() & OTHERS != 0 {
            // A memory stick's file system has no modes: others read there, which the index allows for.
            let _ = fs::set_permissions(dir, Permissions::from_mode(0o700));
            if fs::metadata(dir)?.mode() & WRITABLE_BY_OTHERS != 0 {
                return refuse(dir, "can be written by other users");
            }
        }
        Ok(())
    }

    pub(super) fn check_parent(dir: &Path) -> io::Result<()> {
        let found = fs::metadata(dir)?;
        let is_roots = found.uid() == 0;
        if !is_ours(&found) && !is_roots {
            return refuse(dir, "belongs to another user");
        }
        if found.mode() & WRITABLE_BY_OTHERS == 0 || found.mode() & STICKY != 0 {
            return Ok(());
        }
        close_dir(dir)
    }
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::{PermissionsExt, chown, symlink};
    use std::path::PathBuf;

    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).expect("there").permissions().mode() & 0o7777
    }

    fn folder_with_mode(name: &str, mode: u32) -> (tempfile::TempDir, PathBuf) {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join(name);
        fs::create_dir(&path).expect("created");
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).expect("set");
        (dir, path)
    }

    #[test]
    fn a_file_is_closed_to_others() {
        for open in [open_private, append_private] {
            let dir = tempfile::tempdir().expect("a folder");
            let path = dir.path().join("file");
            drop(open(&path).expect("created"));
            assert_eq!(mode(&path), 0o600);
            for wide in [0o644, 0o666, 0o777] {
                fs::set_permissions(&path, fs::Permissions::from_mode(wide)).expect("set");
                drop(open(&path).expect("opened"));
                assert_eq!(mode(&path), 0o600, "{wide:o}");
            }
        }
    }

    #[test]
    fn a_link_is_not_opened() {
        for open in [open_private, append_private] {
            let dir = tempfile::tempdir().expect("a folder");
            let (target, link) = (dir.path().join("target"), dir.path().join("link"));
            symlink(&target, &link).expect("linked");
            assert!(open(&link).expect_err("a link").to_string().ends_with("link is a link"));
            assert!(!target.exists(), "nothing is created behind it");
            fs::write(&target, "kept").expect("written");
            open(&link).expect_err("a link");
            assert_eq!(fs::read_to_string(&target).expect("read"), "kept");
        }
    }

    #[test]
    fn a_folder_is_closed_to_others() {
        for wide in [0o777, 0o755, 0o770, 0o705, 0o1777] {
            let (_dir, path) = folder_with_mode("home", wide);
            create_private_dir(&path).expect("closed");
            assert_eq!(mode(&path) & 0o777, 0o700, "{wide:o}");
        }
        let dir = tempfile::tempdir().expect("a folder");
        create_private_dir(&dir.path().join("a/b")).expect("created");
        assert_eq!([mode(&dir.path().join("a")), mode(&dir.path().join("a/b"))], [0o700; 2]);
    }

    #[test]
    fn a_folder_around_private_ones_is_closed_only_if_others_could_replace_them() {
        for (before, after) in
            [(0o755, 0o755), (0o1777, 0o1777), (0o777, 0o700), (0o775, 0o700), (0o757, 0o700)]
        {
            let (_dir, path) = folder_with_mode("home", before);
            check_parent(&path).expect("accepted");
            assert_eq!(mode(&path), after, "{before:o}");
        }
        check_parent(Path::new("/nowhere/at/all")).expect("it will be created");
    }

    #[test]
    fn a_folder_of_another_user_is_refused() {
        let (_dir, path) = folder_with_mode("home", 0o777);
        // Only root can give a folder away; for others root's is the other one.
        let is_root = nix::unistd::geteuid().is_root();
        let other = if is_root { path } else { PathBuf::from("/usr") };
        if is_root {
            chown(&other, Some(65534), None).expect("given away");
            assert!(
                check_parent(&other).expect_err("not ours").to_string().ends_with("belongs to another user")
            );
        }
        let before = mode(&other);
        let error = create_private_dir(&other).expect_err("not ours");
        assert!(error.to_string().ends_with("belongs to another user"), "{error}");
        assert_eq!(mode(&other), before, "it stays as it is");
    }
}
