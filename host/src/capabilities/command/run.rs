//! One run of a program.

use std::ffi::OsString;

use super::error::CommandError;
use super::folder::Folder;
use super::message::{Invocation, Outcome};
use super::program::{CommandConfig, Found};
use crate::capabilities::failure::Failure;
use crate::capabilities::parts::{self, Document};
use crate::model::Meter;
use crate::policy::{Argument, limit_hint};
use crate::programs::{Ended, Printed, ProgramFailure, Tool};
use crate::scrub::{Scrubber, sanitize};

/// What is read beyond the limit, and never handed over: a secret at its end is cut in two and not found. No form that the scrubber looks for
/// is longer, since it looks for long secrets piece by piece.
const SLACK: usize = 16 << 10;

/// Whether the connector can know the bytes of a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Knows {
    /// It has handles alone.
    Handles,
    /// `reveal` is granted.
    Bytes,
}

/// Checks a call, puts it together and runs it. Its secrets are made known to the scrubber first.
///
/// # Errors
/// It is not granted, cannot be made, or does not end in time.
pub async fn run(
    config: &CommandConfig,
    connector: &str,
    invocation: &Invocation,
    knows: Knows,
    scrubber: &mut Scrubber,
    meter: &Meter,
) -> Result<Outcome, CommandError> {
    let files = invocation.files.iter().map(|file| &file.content);
    let documents = files.chain([&invocation.input]);
    documents.flat_map(|parts| parts::secrets(parts)).for_each(|secret| scrubber.add(secret));
    config.access.check(invocation, config.document)?;
    if knows == Knows::Bytes && has_secret(&invocation.arguments, scrubber) {
        return Err(config.access.secret_argument().into());
    }
    let input = document(config, &invocation.input, "standard input")?;
    let Found { called, path: program } = config.program()?;
    let folder = Folder::new(&config.folders).map_err(|error| unwritten(config, error))?;
    let (arguments, bytes) = hand_over(config, invocation, &folder)?;
    meter.ran(&config.name, &program.display().to_string(), bytes + input.len());
    let tool = Tool {
        program: &program,
        called: &called,
        arguments: &arguments,
        environment: &config.environment,
        folder: folder.path(),
        input: &input,
        limit: config.limits.time,
        most: config.limits.output + SLACK,
    };
    let ended = tool.run().await.map_err(|failure| failed(config, connector, failure))?;
    drop(folder);
    Ok(outcome(config, &ended, scrubber, meter))
}

fn has_secret(arguments: &[Argument], scrubber: &Scrubber) -> bool {
    let texts = arguments.iter().filter_map(|argument| match argument {
        Argument::Text(text) => Some(text),
        Argument::File(_) => None,
    });
    texts.into_iter().any(|text| matches!(scrubber.text(text), std::borrow::Cow::Owned(_)))
}

fn document(
    config: &CommandConfig,
    content: &[parts::Part],
    what: &str,
) -> Result<Document, CommandError> {
    parts::assemble(content, config.document)
        .map_err(|bad| config.access.bad_parts(bad, what, config.document))
}

/// Writes the files, and says what the arguments are and how many bytes were written.
fn hand_over(
    config: &CommandConfig,
    invocation: &Invocation,
    folder: &Folder,
) -> Result<(Vec<OsString>, usize), CommandError> {
    let mut bytes = 0;
    for file in &invocation.files {
        let content = document(config, &file.content, "file")?;
        bytes += content.len();
        folder.write(&file.name, &content).map_err(|error| unwritten(config, error))?;
    }
    let arguments = invocation.arguments.iter().map(|argument| match argument {
        Argument::Text(text) => OsString::from(text),
        Argument::File(name) => folder.path().join(name).into_os_string(),
    });
    Ok((arguments.collect(), bytes))
}

fn unwritten(config: &CommandConfig, error: std::io::Error) -> CommandError {
    let what = format!("the files for command `{}` cannot be written", config.name);
    CommandError::Unavailable(Failure::new(what).because(error))
}

fn failed(config: &CommandConfig, connector: &str, failure: ProgramFailure) -> CommandError {
    match failure {
        ProgramFailure::Time { .. } => {
            let text = failure.to_string();
            let hint = limit_hint(connector, "command-seconds");
            CommandError::TimedOut(Failure::new(text).limit("command-seconds").hint(hint))
        }
        failure => {
            let what = format!("command `{}` cannot be run", config.name);
            CommandError::Unavailable(Failure::new(what).because(failure))
        }
    }
}

fn outcome(config: &CommandConfig, ended: &Ended, scrubber: &Scrubber, meter: &Meter) -> Outcome {
    let printed = |printed: &Printed| {
        meter.printed(&config.name, printed.bytes.len());
        let text = String::from_utf8_lossy(&printed.bytes);
        let scrubbed = scrubber.text(&text);
        let is_cut = printed.truncated || scrubbed.len() > config.limits.output;
        // Scrubbing makes texts shorter, so the end that was read may lie within the limit.
        let whole = scrubbed.len().saturating_sub(if printed.truncated { SLACK } else { 0 });
        let end = scrubbed.floor_char_boundary(config.limits.output.min(whole));
        if is_cut {
            meter.hit("command-output-kib");
        }
        (sanitize(&scrubbed[..end], usize::MAX).into_owned(), is_cut)
    };
    Outcome {
        code: ended.status.code(),
        stdout: printed(&ended.stdout),
        stderr: printed(&ended.stderr),
    }
}
