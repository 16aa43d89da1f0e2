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
    let folder = folder.join(key);
    create_private_dir(&folder)?;
    Ok(folder.join(FILE_NAME))
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

/// Parses the text that a file is to have.
pub fn check_text(file: &Path, text: &str) -> Result<Element, FileFault> {
    let fault = |problems| FileFault { key: String::new(), file: file.to_owned(), problems };
    Element::parse(text).map_err(fault)
}

pub(super) fn parse_file(
    file: &Path,
    parse: impl FnOnce(&str) -> Result<Element, Vec<Problem>>,
) -> Result<Element, FileFault> {
    parse(&read_text(file)?).map_err(|problems| fault(file, problems))
}

/// The text of a file, of whatever kind.
pub(super) fn read_text(file: &Path) -> Result<String, FileFault> {
    read_bounded(file).map_err(|what| fault(file, vec![problem(None, what)]))
}

fn fault(file: &Path, problems: Vec<Problem>) -> FileFault {
    FileFault { key: String::new(), file: file.to_owned(), problems }
}

/// The file itself; or the file of an element's folder; or those of a folder of elements.
pub fn files_at(path: &Path) -> Result<Vec<PathBuf>, String> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let own = path.join(FILE_NAME);
    if own.exists() {
        return Ok(vec![own]);
    }
    let files: Vec<_> = list(path).into_iter().map(|(_, file)| file).collect();
    if files.is_empty() {
        return Err(format!("the folder holds no {FILE_NAME}, and no folder with one"));
    }
    Ok(files)
}

/// The element files in a folder with their keys, by key. A missing folder is empty.
pub(super) fn list(folder: &Path) -> Vec<(String, PathBuf)> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let mut files: Vec<(String, PathBuf)> = entries
        .flatten()
        .filter_map(|entry| {
            let file = entry.path().join(FILE_NAME);
            file.exists().then(|| (entry.file_name().to_string_lossy().into_owned(), file))
        })
        .collect();
    files.sort();
    files
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
