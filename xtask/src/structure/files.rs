//! The files that the rules are about.

use std::path::Path;

use anyhow::Result;

use crate::workspace;

/// What holds nothing written by hand. In a work tree of its own `.git` is a file.
const SKIPPED: &[&str] = &["target", ".git"];

/// A text file of the checkout.
pub struct SourceFile {
    /// Relative to the root, with `/` between folders.
    pub path: String,
    pub text: String,
}

impl SourceFile {
    /// Whether it is Rust code.
    pub fn is_rust(&self) -> bool {
        self.path.ends_with(".rs")
    }
}

/// Every text file of the checkout; files that are not UTF-8 are left out.
pub fn all() -> Result<Vec<SourceFile>> {
    let mut files = Vec::new();
    collect(workspace::root(), "", &mut files)?;
    files.sort_by(|one, other| one.path.cmp(&other.path));
    Ok(files)
}

fn collect(folder: &Path, prefix: &str, files: &mut Vec<SourceFile>) -> Result<()> {
    for entry in fs_err::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if SKIPPED.contains(&name.as_str()) {
            continue;
        }
        let path = format!("{prefix}{name}");
        let kind = entry.file_type()?;
        if kind.is_dir() {
            collect(&entry.path(), &format!("{path}/"), files)?;
        } else if kind.is_file()
            && let Ok(text) = String::from_utf8(fs_err::read(entry.path())?)
        {
            files.push(SourceFile { path, text });
        }
    }
    Ok(())
}
