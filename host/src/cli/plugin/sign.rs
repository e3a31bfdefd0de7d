//! `connhub plugin sign` and `connhub plugin keygen`.

use super::args::{KeygenArgs, SignArgs};
use crate::cli::app::App;
use crate::model::Error;
use crate::operations::plugin;
use crate::ui::Format;
use crate::ui::json::{Document, KeyForm, SignatureForm, check_keys};

pub(super) fn sign(args: &SignArgs, app: &App) -> Result<u8, Error> {
    check_keys(app.format.structured(), SignatureForm::KEYS)?;
    let signing = plugin::sign(&args.file, &args.key)?;
    let result = SignatureForm {
        file: args.file.display().to_string(),
        signature: signing.signature.display().to_string(),
        sha256: signing.sha256,
        key: signing.id.to_string(),
    };
    app.console.data(|out, _| match &app.format {
        Format::Structured(form) => Document::new("Signature", &result).write(form, out),
        Format::Name => writeln!(out, "{}", result.signature),
        _ if app.is_quiet() => Ok(()),
        _ => writeln!(out, "signed `{}` in `{}` by {}", result.file, result.signature, result.key),
    })?;
    Ok(0)
}

pub(super) fn keygen(args: &KeygenArgs, app: &App) -> Result<u8, Error> {
    check_keys(app.format.structured(), KeyForm::KEYS)?;
    let pair = plugin::keygen(&args.out)?;
    let result = KeyForm {
        private: pair.private.display().to_string(),
        public: pair.public.display().to_string(),
        key: pair.id.to_string(),
    };
    app.console.data(|out, _| match &app.format {
        Format::Structured(form) => Document::new("KeyPair", &result).write(form, out),
        Format::Name => writeln!(out, "{}", result.public),
        _ if app.is_quiet() => Ok(()),
        _ => writeln!(
            out,
            "made `{}`, which is to be kept secret, and `{}`, which is {}",
            result.private, result.public, result.key
        ),
    })?;
    Ok(0)
}
