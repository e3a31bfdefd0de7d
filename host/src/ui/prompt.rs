//! Questions to a person at the terminal.

use std::io::{BufRead, stdin};
use std::os::fd::AsFd;

use zeroize::Zeroizing;

use super::talk::Talk;
use super::terminal::Quiet;
use crate::model::{Error, Kind, Secret};

/// The most that a person can type or paste as one secret, in bytes.
const MAX_TYPED: usize = 64 << 10;

/// What a person said to a question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Go on.
    Yes,
    /// Leave it.
    No,
}

/// Asks for a secret, without echo. Nothing of what is typed is shown, not even its length.
///
/// # Errors
/// The person interrupted, gave nothing, or there is no terminal.
pub fn secret(talk: &Talk, label: &str) -> Result<Secret, Error> {
    let _pause = talk.pause();
    let quiet = Quiet::start().map_err(|error| no_terminal().because(error))?;
    talk.write(&format!("{label}: "));
    let typed = typed_secret();
    drop(quiet);
    talk.write("\n");
    typed
}

/// Asks a yes-or-no question. Anything but yes is no.
///
/// # Errors
/// There is no terminal.
pub fn confirm(talk: &Talk, question: &str) -> Result<Answer, Error> {
    let _pause = talk.pause();
    talk.write(&format!("{question} [y/N] "));
    let mut line = String::new();
    let read = stdin().lock().read_line(&mut line).map_err(|error| no_terminal().because(error))?;
    if read == 0 {
        talk.write("\n");
    }
    Ok(match line.trim().to_lowercase().as_str() {
        "y" | "yes" => Answer::Yes,
        _ => Answer::No,
    })
}

/// Asks for a line, which is seen while it is typed.
///
/// # Errors
/// The person closed the terminal's input, typed something that is no text, or there is no terminal.
pub fn line(talk: &Talk, label: &str) -> Result<String, Error> {
    let _pause = talk.pause();
    talk.write(&format!("{label}: "));
    let mut line = String::new();
    match stdin().lock().read_line(&mut line) {
        Ok(0) => {
            talk.write("\n");
            Err(Error::new(Kind::Interrupted, "interrupted"))
        }
        Ok(_) => Ok(line.trim().to_owned()),
        Err(error) => Err(no_terminal().because(error)),
    }
}

/// Asks whether to go on with what was prepared. Enter is yes.
///
/// # Errors
/// There is no terminal.
pub fn agree(talk: &Talk, question: &str) -> Result<Answer, Error> {
    let typed = line(talk, &format!("{question} [Y/n]"))?;
    Ok(match typed.to_lowercase().as_str() {
        "" | "y" | "yes" => Answer::Yes,
        _ => Answer::No,
    })
}

/// Asks for a secret that may be left out: then it is empty.
///
/// # Errors
/// The person interrupted, or there is no terminal.
pub fn secret_or_nothing(talk: &Talk, label: &str) -> Result<Option<Secret>, Error> {
    match secret(talk, label) {
        Ok(secret) => Ok(Some(secret)),
        Err(error) if error.kind == Kind::Invalid && error.hints.is_empty() => Ok(None),
        Err(error) => Err(error),
    }
}

fn no_terminal() -> Error {
    Error::new(Kind::Other, "the terminal cannot be read")
}

/// Reads keys one by one, past every buffer, so that no copy of the secret stays behind.
fn typed_secret() -> Result<Secret, Error> {
    let mut typed = Typed::new();
    loop {
        let mut key = [0];
        let count = rustix::io::retry_on_intr(|| rustix::io::read(stdin().as_fd(), &mut key))
            .map_err(|error| no_terminal().because(error))?;
        let step = if count == 0 { Step::Done } else { typed.key(key[0]) };
        match step {
            Step::More => {}
            Step::Done => return typed.finish(),
            Step::Interrupted => return Err(Error::new(Kind::Interrupted, "interrupted")),
        }
    }
}

/// What was typed so far.
struct Typed(Zeroizing<Vec<u8>>);

enum Step {
    More,
    Done,
    Interrupted,
}

impl Typed {
    /// The full size from the start, so that growing leaves no copies behind.
    fn new() -> Self {
        Self(Zeroizing::new(Vec::with_capacity(MAX_TYPED)))
    }

    fn key(&mut self, key: u8) -> Step {
        const INTERRUPT: u8 = 0x03;
        const END: u8 = 0x04;
        const BACKSPACE: u8 = 0x08;
        const KILL_LINE: u8 = 0x15;
        const DELETE: u8 = 0x7f;
        match key {
            INTERRUPT => return Step::Interrupted,
            END | b'\n' | b'\r' => return Step::Done,
            BACKSPACE | DELETE => self.remove_character(),
            KILL_LINE => self.0.clear(),
            _ if self.0.len() < MAX_TYPED => self.0.push(key),
            _ => {}
        }
        Step::More
    }

    /// A character of UTF-8 ends with the bytes `10xxxxxx`.
    fn remove_character(&mut self) {
        while self.0.pop().is_some_and(|byte| byte & 0xc0 == 0x80) {}
    }

    fn finish(self) -> Result<Secret, Error> {
        match self.0.len() {
            0 => Err(Error::invalid("no secret was typed")),
            MAX_TYPED => Err(Error::invalid("the secret is too long to be typed")
                .hint("give it by `FIELD=@FILE` or `FIELD=-`")),
            _ => Ok(Secret::new(self.0.to_vec())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(keys: &[u8], expected: Result<&[u8], Kind>) {
        let mut typed = Typed::new();
        for key in keys {
            match typed.key(*key) {
                Step::More => {}
                Step::Done => break,
                Step::Interrupted => {
                    assert_eq!(expected, Err(Kind::Interrupted), "{keys:?}");
                    return;
                }
            }
        }
        let result = typed.finish();
        let result = result.as_ref().map(Secret::expose).map_err(|error| error.kind);
        assert_eq!(result, expected, "{keys:?}");
    }

    #[test]
    fn keys_edit_the_line() {
        check(b"hunter2\nmore", Ok(b"hunter2"));
        check(b"hunter3\x7f2\r", Ok(b"hunter2"));
        check("gr\u{fc}\u{7f}un\n".as_bytes(), Ok(b"grun"));
        check(b"wrong\x15right\n", Ok(b"right"));
        check(b"\x7f\x7fa\n", Ok(b"a"));
        check(b"\n", Err(Kind::Invalid));
        check(b"hun\x03", Err(Kind::Interrupted));
        check(&[b'a'; MAX_TYPED + 2], Err(Kind::Invalid));
    }
}
