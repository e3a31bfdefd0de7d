//! `connhub inject`.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::Path;

use zeroize::Zeroizing;

use super::app::App;
use super::args::InjectArgs;
use super::taken::{Taker, check_terminal};
use crate::consumers::{Injection, Part, Place, field_name};
use crate::model::{Error, Kind, Reference};
use crate::operations::{Opened, text_file};

/// The most that is read as one template, in bytes.
const MAX_BYTES: u64 = 16 << 20;

/// Nothing is written before every reference is resolved.
pub(super) fn run(args: &InjectArgs, app: &App) -> Result<u8, Error> {
    let file = args.in_file.as_deref().filter(|path| *path != Path::new("-"));
    let name = file.map_or_else(|| "stdin".to_owned(), |path| path.display().to_string());
    if let (Some(from), Some(to)) = (file, &args.out_file) {
        check_different(from, to)?;
    }
    let text = read(file, &name)?;
    let injection = Injection::parse(&name, &text)?;
    if args.out_file.is_none() && injection.places().next().is_some() {
        check_terminal(args.reveal, "write to a file with `--out-file FILE`", app)?;
    }
    let opened = open(&injection, &name, app)?;
    let mut out = Zeroizing::new(Vec::with_capacity(2 * text.len()));
    for part in injection.parts() {
        match part {
            Part::Text(text) => out.extend_from_slice(text.as_bytes()),
            Part::Reference(place) => out.extend_from_slice(value(place, &opened, &name)?),
        }
    }
    match &args.out_file {
        Some(path) => text_file::write_private(path, &out)?,
        None => app.console.data(|stdout, _| stdout.write_all(&out))?,
    }
    Ok(0)
}

fn read(file: Option<&Path>, name: &str) -> Result<Zeroizing<String>, Error> {
    let mut text = Zeroizing::new(String::new());
    let read = match file {
        Some(path) => fs_err::File::open(path)
            .and_then(|file| file.take(MAX_BYTES + 1).read_to_string(&mut text)),
        None => std::io::stdin().lock().take(MAX_BYTES + 1).read_to_string(&mut text),
    };
    read.map_err(|error| {
        let kind = match error.kind() {
            std::io::ErrorKind::NotFound => Kind::NotFound,
            _ => Kind::Invalid,
        };
        Error::new(kind, format!("the template `{name}` cannot be read")).because(error)
    })?;
    if text.len() as u64 > MAX_BYTES {
        return Err(Error::invalid(format!(
            "the template `{name}` is larger than {MAX_BYTES} bytes"
        )));
    }
    Ok(text)
}

/// Each connection once, however many of its fields are named.
fn open(
    injection: &Injection<'_>,
    file: &str,
    app: &App,
) -> Result<BTreeMap<Reference, Opened>, Error> {
    let mut taker = Taker::new(app);
    let mut opened = BTreeMap::new();
    for place in injection.places() {
        if !opened.contains_key(&place.reference) {
            let one = taker.take_reference(&place.reference);
            let one = one.map_err(|error| place.error(file, error))?;
            opened.insert(place.reference.clone(), one);
        }
    }
    Ok(opened)
}

fn value<'o>(
    place: &Place,
    opened: &'o BTreeMap<Reference, Opened>,
    file: &str,
) -> Result<&'o [u8], Error> {
    let found = opened.get(&place.reference).and_then(|opened| {
        let name = field_name(&opened.connection.type_name, &place.field);
        opened.value(&place.field).or_else(|| opened.value(&name))
    });
    found.ok_or_else(|| {
        let message = format!("`{}` has no field `{}`", place.reference, place.field);
        place.error(file, Error::new(Kind::NotFound, message))
    })
}

fn check_different(from: &Path, to: &Path) -> Result<(), Error> {
    match (fs_err::canonicalize(from), fs_err::canonicalize(to)) {
        (Ok(from), Ok(to)) if from == to => {
            Err(Error::invalid("the secrets would replace the template that they are put into")
                .hint("name another file with `--out-file`"))
        }
        _ => Ok(()),
    }
}
