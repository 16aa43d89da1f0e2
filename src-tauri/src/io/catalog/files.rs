//! Element files on disk.

use std::fmt;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use crate::domain::element::Element;
use crate::domain::element_file::Problem;
use crate::domain::text::without_hidden;
use crate::domain::text_file;
use crate::io::files::{create_private_dir, replace, write_draft};

/// The one file in an element's folder.
pub(super) const FILE_NAME: &str = "element.toml";

/// The schema, which `#:schema ../schema.json` in a file names. It may lie beside the elements.
const SCHEMA_NAME: &str = "schema.json";

/// The largest shipped file has 3 KiB.
pub(super) const MAX_FILE_BYTES: u64 = 64 * 1024;

/// An element file that cannot be used, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileFault {
    /// The key that the file should have: the name of its folder.
    pub key: String,
    pub file: PathBuf,
    /// Never empty.
    pub problems: Vec<Problem>,
}

impl fmt::Display for FileFault {
    /// One line for each problem, as editors and terminals understand it: `path:line: what`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines = self.problems.iter().map(|problem| {
            let line = problem.line.map(|line| format!("{line}:")).unwrap_or_default();
            without_hidden(&format!("{}:{line} {problem}", self.file.display()))
        });
        f.write_str(&lines.collect::<Vec<_>>().join("\n"))
    }
}

pub(super) fn problem(line: Option<usize>, what: String) -> Problem {
    Problem { line, at: String::new(), what }
}

/// Writes an element file into the user's folder. Readers see the old file or the new one.
pub fn save(folder: &Path, key: &str, text: &str) -> io::Result<()> {
    replace(&prepare(folder, key)?, text.as_bytes())
}

/// Writes a new element file into the user's folder, whole or not at all. One that another program has just written stays.
pub fn create(folder: &Path, key: &str, text: &str) -> io::Result<()> {
    let file = prepare(folder, key)?;
    write_draft(&file, text.as_bytes())?.persist_noclobber(&file)?;
    Ok(())
}

/// Makes the folder of an element. Returns the path of its file.
fn prepare(folder: &Path, key: &str) -> io::Result<PathBuf> {
    create_private_dir(folder)?;
    create_private_dir(&folder.join(key))?;
    Ok(file_of(folder, key))
}

/// The file of an element in a folder of elements.
pub fn file_of(folder: &Path, key: &str) -> PathBuf {
    folder.join(key).join(FILE_NAME)
}

/// Removes an element file from the user's folder, and its own folder if that is then empty.
pub fn remove(folder: &Path, key: &str) -> io::Result<()> {
    let folder = folder.join(key);
    fs::remove_file(folder.join(FILE_NAME))?;
    let _ = fs::remove_dir(folder);
    Ok(())
}

pub fn read_file(file: &Path) -> Result<Element, FileFault> {
    parse_file(file, Element::parse)
}

pub(super) fn parse_file(
    file: &Path,
    parse: impl FnOnce(&str) -> Result<Element, Vec<Problem>>,
) -> Result<Element, FileFault> {
    parse(&read_text(file)?).map_err(|problems| with_problems(file, problems))
}

/// The text of a file, of whatever kind.
pub(super) fn read_text(file: &Path) -> Result<String, FileFault> {
    read_bounded(file).map_err(|what| fault(file, what))
}

fn with_problems(file: &Path, problems: Vec<Problem>) -> FileFault {
    FileFault { key: String::new(), file: file.to_owned(), problems }
}

/// The file itself; or the file of an element's folder; or those of a folder of elements, with the keys that they must
/// have, and its strays.
pub fn files_at(path: &Path) -> Result<Listing<Option<String>>, String> {
    let alone = |file| Listing { files: vec![(None, file)], strays: Vec::new() };
    if !path.is_dir() {
        return Ok(alone(path.to_owned()));
    }
    if is_claimed(path) {
        return Ok(alone(path.join(FILE_NAME)));
    }
    let Listing { files, strays } = list(path).map_err(|error| unreadable(&error))?;
    if files.is_empty() {
        return Err(format!("the folder holds no {FILE_NAME}, and no folder with one"));
    }
    Ok(Listing { files: files.into_iter().map(|(key, file)| (Some(key), file)).collect(), strays })
}

/// What a folder of elements holds.
#[derive(Debug)]
pub struct Listing<Key> {
    /// The element files with their keys, by key.
    pub files: Vec<(Key, PathBuf)>,
    /// What is not read, and why. A stray has no key, so that it hides no element.
    pub strays: Vec<FileFault>,
}

/// A missing folder is empty. Names that begin with a dot belong to systems and to version control.
pub(super) fn list(folder: &Path) -> io::Result<Listing<String>> {
    let mut listing = Listing { files: Vec::new(), strays: Vec::new() };
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound && !leads_nowhere(folder) => {
            return Ok(listing);
        }
        entries => entries?,
    };
    for entry in entries {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = entry.path();
        if name == SCHEMA_NAME || (name.starts_with('.') && !path.join(FILE_NAME).exists()) {
            continue;
        }
        if is_claimed(&path) {
            listing.files.push((name, path.join(FILE_NAME)));
        } else {
            listing.strays.push(fault(&path, describe_stray(&path, &name)));
        }
    }
    listing.files.sort();
    listing.strays.sort_by(|one, other| one.file.cmp(&other.file));
    Ok(listing)
}

/// Refuses an element in a folder of another name: the key of the folder is the one that is looked up.
pub(super) fn require_key(element: Element, key: &str, file: &Path) -> Result<Element, FileFault> {
    if element.key == key {
        return Ok(element);
    }
    let what = format!("the folder is called {key}, the key is {}", element.key);
    let problems = vec![problem(Some(1), what)];
    Err(FileFault { key: key.to_owned(), file: file.to_owned(), problems })
}

/// A fault of an entry that has no key.
pub(super) fn fault(file: &Path, what: String) -> FileFault {
    with_problems(file, vec![problem(None, what)])
}

pub(super) fn unreadable(error: &io::Error) -> String {
    format!("the folder cannot be read: {error}")
}

/// Whether this entry of a folder of elements stands for an element. One that cannot be looked at does: it may replace a
/// shipped element.
pub(super) fn is_claimed(entry: &Path) -> bool {
    let looked_at = fs::symlink_metadata(entry.join(FILE_NAME));
    match looked_at.map_err(|error| error.kind()) {
        Err(io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => leads_nowhere(entry),
        _ => true,
    }
}

/// Whether it is a link to something that is not there, such as a disk that is not connected.
fn leads_nowhere(entry: &Path) -> bool {
    fs::symlink_metadata(entry).is_ok_and(|it| it.is_symlink()) && fs::metadata(entry).is_err()
}

fn describe_stray(entry: &Path, name: &str) -> String {
    if !entry.is_dir() {
        let key = name.strip_suffix(".toml").filter(|key| !key.is_empty()).unwrap_or("KEY");
        return format!("this is not read: the file of an element is {key}/{FILE_NAME}");
    }
    let names = fs::read_dir(entry).into_iter().flatten().flatten().map(|entry| entry.file_name());
    let mut others = names.filter(|name| Path::new(name).extension().is_some_and(|it| it == "toml"));
    match others.next() {
        Some(other) => format!("the file is called {}: rename it {FILE_NAME}", other.to_string_lossy()),
        None => format!("the folder has no {FILE_NAME}"),
    }
}

fn read_bounded(file: &Path) -> Result<String, String> {
    let unreadable = |error: io::Error| format!("the file cannot be read: {error}");
    // Opening a named pipe would block.
    if !fs::metadata(file).map_err(unreadable)?.is_file() {
        return Err("this is not a file".to_owned());
    }
    let mut bytes = Vec::new();
    File::open(file)
        .map_err(unreadable)?
        .take(MAX_FILE_BYTES + 1)
        .read_to_end(&mut bytes)
        .map_err(unreadable)?;
    check_size(bytes.len())?;
    text_file::decode(&bytes).map_err(|error| format!("the file is {error}"))
}

pub(super) fn check_size(bytes: usize) -> Result<(), String> {
    if bytes as u64 > MAX_FILE_BYTES {
        return Err(format!("the file is larger than {MAX_FILE_BYTES} bytes"));
    }
    Ok(())
}
