//! The installed layout and its archive.

use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use flate2::{Compression, GzBuilder};

use crate::guests::{self, Kind};
use crate::workspace::{self, Profile};
use crate::{guest, host, plugin_files, process};

/// Shell, and where an installation keeps its completion.
const COMPLETIONS: &[(&str, &str)] = &[
    ("bash", "share/bash-completion/completions/connhub"),
    ("zsh", "share/zsh/site-functions/_connhub"),
    ("fish", "share/fish/vendor_completions.d/connhub.fish"),
];

/// The file's name at the root of the checkout, copied as it is.
const DOCUMENTS: &[&str] = &["LICENSE", "README.md", "CHANGELOG.md"];

/// Makes `target/dist` from the release build.
pub fn run() -> Result<()> {
    let name = format!("connhub-{}-{}", workspace::package()?.version, guest::rustup::host()?);
    let dist = workspace::target().join("dist");
    let folder = dist.join(&name);
    if folder.exists() {
        fs_err::remove_dir_all(&folder)?;
    }
    fill(&folder)?;
    let archive = format!("{name}.tar.gz");
    let bytes = pack(&folder, &name)?;
    plugin_files::replace(&dist.join(&archive), &bytes)?;
    let sums = format!("{}  {archive}\n", plugin_files::sha256(&bytes));
    plugin_files::replace(&dist.join("SHA256SUMS"), sums.as_bytes())?;
    eprintln!("{}", dist.join(archive).display());
    Ok(())
}

fn fill(folder: &Path) -> Result<()> {
    let program = host::program(Profile::Release);
    copy(&program, &folder.join("bin/connhub"))?;
    let connectors = guests::folder(Profile::Release, Kind::Connectors);
    for path in files(&connectors)? {
        copy(&path, &folder.join("lib/connhub").join(path.file_name().context("no name")?))?;
    }
    let manual = folder.join("share/man/man1");
    fs_err::create_dir_all(&manual)?;
    process::run(process::command(&program).arg("man").arg("--dir").arg(&manual))?;
    for (shell, place) in COMPLETIONS {
        let script = process::output(process::command(&program).args(["completion", shell]))?;
        let place = folder.join(place);
        fs_err::create_dir_all(place.parent().context("a completion has a folder")?)?;
        fs_err::write(place, script)?;
    }
    for document in DOCUMENTS {
        copy(&workspace::root().join(document), &folder.join(document))?;
    }
    Ok(())
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    fs_err::create_dir_all(to.parent().context("a file has a folder")?)?;
    fs_err::copy(from, to)?;
    Ok(())
}

/// An archive that depends on nothing but the files: sorted, without times and owners.
fn pack(folder: &Path, name: &str) -> Result<Vec<u8>> {
    let gzip = GzBuilder::new().mtime(0).write(Vec::new(), Compression::best());
    let mut archive = tar::Builder::new(gzip);
    archive.mode(tar::HeaderMode::Deterministic);
    for path in files(folder)? {
        let inside = Path::new(name).join(path.strip_prefix(folder)?);
        archive.append_path_with_name(&path, inside)?;
    }
    let mut gzip = archive.into_inner()?;
    gzip.flush()?;
    Ok(gzip.finish()?)
}

/// Every file below the folder, sorted.
fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs_err::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            found.extend(files(&path)?);
        } else {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_archive_depends_on_the_files_alone() {
        let check = |order: [&str; 2]| {
            let folder = tempfile::tempdir().unwrap();
            for name in order {
                copy_text(&folder.path().join(name), name);
            }
            pack(folder.path(), "connhub-1").unwrap()
        };
        let archive = check(["a/one", "two"]);
        assert_eq!(archive, check(["two", "a/one"]));
        let names = tar::Archive::new(flate2::read::GzDecoder::new(&archive[..]))
            .entries()
            .unwrap()
            .map(|entry| entry.unwrap().path().unwrap().display().to_string())
            .collect::<Vec<_>>();
        assert_eq!(names, ["connhub-1/a/one", "connhub-1/two"]);
    }

    fn copy_text(path: &Path, text: &str) {
        fs_err::create_dir_all(path.parent().unwrap()).unwrap();
        fs_err::write(path, text).unwrap();
    }
}
