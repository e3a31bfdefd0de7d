//! Files in the format of age (age-encryption.org/v1), for backups: written and read as a stream.

use std::io::{BufRead, BufReader, BufWriter, ErrorKind, IntoInnerError, Read, Write};

use age::armor::{ArmoredReader, ArmoredWriter, Format};
use age::secrecy::SecretString;
use age::stream::StreamWriter;
use age::{DecryptError, Decryptor, Encryptor, Identity, IdentityFile, Recipient};

use crate::model::{Error, Kind, Secret};

/// The work of scrypt for a new file, as a power of two: what the program `age` takes.
const WORK: u8 = 18;
/// The most work of scrypt that is done for a file of others: 1 GiB of memory and some seconds.
const MOST_WORK: u8 = 20;

/// For whom a file is encrypted.
pub enum Lock {
    /// Whoever knows a passphrase.
    Passphrase(Secret),
    /// Whoever has an identity that belongs to one of these.
    Recipients(Vec<age::x25519::Recipient>),
}

/// With what a file is decrypted.
pub enum Opener {
    /// The passphrase.
    Passphrase(Secret),
    /// Identities, as `age-keygen` writes them.
    Identities(Vec<Box<dyn Identity + Send + Sync>>),
}

/// What a file looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// Bytes.
    Binary,
    /// Text that can go through mail.
    Armored,
}

/// A file that is being written.
pub struct Sealing<W: Write>(StreamWriter<ArmoredWriter<BufWriter<W>>>);

/// The recipient of a text such as `age1…`.
///
/// # Errors
/// It is none.
pub fn recipient(text: &str) -> Result<age::x25519::Recipient, Error> {
    text.trim().parse().map_err(|_| {
        let shown: String = text.chars().take(12).filter(|c| !c.is_control()).collect();
        Error::invalid(format!("`{shown}…` is no recipient of age"))
            .hint("a recipient begins with `age1`; `age-keygen` prints it as the public key")
    })
}

/// The identities of a file.
///
/// # Errors
/// It holds something else, or none.
pub fn identities(name: &str, text: impl BufRead) -> Result<Opener, Error> {
    let unusable = |why: &str| {
        Error::invalid(format!("`{name}` {why}")).hint(
            "an identity file has lines that begin with `AGE-SECRET-KEY-1`; `age-keygen` writes it",
        )
    };
    let file =
        IdentityFile::from_buffer(text).map_err(|_| unusable("is no identity file of age"))?;
    let found = file.into_identities().map_err(|_| unusable("cannot be used"))?;
    match found.is_empty() {
        true => Err(unusable("holds no identity")),
        false => Ok(Opener::Identities(found)),
    }
}

/// Begins a file.
///
/// # Errors
/// It cannot be written.
pub fn seal<W: Write>(out: W, lock: &Lock, shape: Shape) -> Result<Sealing<W>, Error> {
    let passphrase = match lock {
        Lock::Passphrase(passphrase) => {
            let mut recipient = age::scrypt::Recipient::new(text_of(passphrase)?);
            recipient.set_work_factor(WORK);
            Some(recipient)
        }
        Lock::Recipients(_) => None,
    };
    let listed = match lock {
        Lock::Recipients(recipients) => recipients.as_slice(),
        Lock::Passphrase(_) => &[],
    };
    let all = passphrase.iter().map(|one| one as &dyn Recipient);
    let all = all.chain(listed.iter().map(|one| one as &dyn Recipient));
    let failed = |error: Box<dyn std::error::Error + Send + Sync>| {
        Error::new(Kind::Other, "the backup cannot be encrypted").because(error)
    };
    let encryptor = Encryptor::with_recipients(all).map_err(|error| failed(error.into()))?;
    let format = match shape {
        Shape::Binary => Format::Binary,
        Shape::Armored => Format::AsciiArmor,
    };
    // The library writes the head at once, and its errors do not say what the system said.
    let armored = ArmoredWriter::wrap_output(BufWriter::new(out), format)
        .map_err(|error| failed(error.into()))?;
    Ok(Sealing(encryptor.wrap_output(armored).map_err(|error| failed(error.into()))?))
}

impl<W: Write> Sealing<W> {
    /// Writes the end, without which a file is not whole, and returns what it was written to.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn finish(self) -> std::io::Result<W> {
        self.0.finish()?.finish()?.into_inner().map_err(IntoInnerError::into_error)
    }
}

impl<W: Write> Write for Sealing<W> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.0.flush()
    }
}

/// A file that was begun to be read: what it is encrypted for is known, nothing else.
pub struct Sealed<R: Read> {
    name: String,
    decryptor: Decryptor<ArmoredReader<BufReader<R>>>,
}

impl<R: Read> Sealed<R> {
    /// Reads the head of a file.
    ///
    /// # Errors
    /// It is none of age, or damaged.
    pub fn read(name: &str, source: R) -> Result<Self, Error> {
        let decryptor = Decryptor::new_buffered(ArmoredReader::new(source));
        let decryptor = decryptor.map_err(|error| unreadable(name, &error))?;
        Ok(Self { name: name.to_owned(), decryptor })
    }

    /// Whether it is encrypted with a passphrase; otherwise it is for identities.
    pub fn has_passphrase(&self) -> bool {
        self.decryptor.is_scrypt()
    }

    /// The clear text, as a stream. That its end is reached says that nothing is missing.
    ///
    /// # Errors
    /// It was encrypted for somebody else, or is damaged.
    pub fn open(self, opener: &Opener) -> Result<impl Read, Error> {
        let Self { name, decryptor } = self;
        let opened = match opener {
            Opener::Passphrase(passphrase) => {
                let mut identity = age::scrypt::Identity::new(text_of(passphrase)?);
                identity.set_max_work_factor(MOST_WORK);
                decryptor.decrypt(std::iter::once(&identity as &dyn Identity))
            }
            Opener::Identities(identities) => {
                decryptor.decrypt(identities.iter().map(|one| one.as_ref() as &dyn Identity))
            }
        };
        opened.map_err(|error| unreadable(&name, &error))
    }
}

/// That a stream broke off or was changed.
pub fn damaged(name: &str, error: std::io::Error) -> Error {
    Error::refused(format!("`{name}` is damaged or incomplete; nothing was imported"))
        .because(error)
}

fn unreadable(name: &str, error: &DecryptError) -> Error {
    match error {
        DecryptError::KeyDecryptionFailed | DecryptError::DecryptionFailed => {
            Error::new(Kind::Unauthenticated, format!("the passphrase does not open `{name}`"))
        }
        DecryptError::NoMatchingKeys => Error::new(
            Kind::Unauthenticated,
            format!("`{name}` is encrypted for none of the identities"),
        )
        .hint("name the file with the right one with `--identity FILE`"),
        DecryptError::ExcessiveWork { required, .. } => Error::refused(format!(
            "opening `{name}` would take 2^{required} steps of scrypt; at most 2^{MOST_WORK} are done"
        )),
        DecryptError::InvalidMac | DecryptError::InvalidHeader => {
            Error::refused(format!("`{name}` is damaged: its head was changed"))
        }
        DecryptError::Io(error) if !is_of_content(error) => {
            Error::new(Kind::Other, format!("`{name}` cannot be read")).because(error.to_string())
        }
        _ => Error::invalid(format!("`{name}` is no file of age"))
            .hint("`connhub export --backup FILE` writes one"),
    }
}

/// What was read is too short or has another form; the reading itself did not fail.
fn is_of_content(error: &std::io::Error) -> bool {
    matches!(error.kind(), ErrorKind::UnexpectedEof | ErrorKind::InvalidData)
}

fn text_of(passphrase: &Secret) -> Result<SecretString, Error> {
    let text = std::str::from_utf8(passphrase.expose());
    let text = text.map_err(|_| Error::invalid("the passphrase is not UTF-8"))?;
    Ok(SecretString::from(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sealed(lock: &Lock, shape: Shape) -> Vec<u8> {
        let mut sealing = seal(Vec::new(), lock, shape).unwrap();
        sealing.write_all(b"connections").unwrap();
        sealing.finish().unwrap()
    }

    fn opened(bytes: &[u8], opener: &Opener) -> Result<Vec<u8>, (Kind, String)> {
        let shown = |error: Error| (error.kind, error.message);
        let mut clear = Vec::new();
        let mut reader =
            Sealed::read("b", bytes).and_then(|file| file.open(opener)).map_err(shown)?;
        reader.read_to_end(&mut clear).map_err(|error| shown(damaged("b", error)))?;
        Ok(clear)
    }

    fn keys() -> (Lock, Opener) {
        let identity = age::x25519::Identity::generate();
        (Lock::Recipients(vec![identity.to_public()]), Opener::Identities(vec![Box::new(identity)]))
    }

    #[test]
    fn who_it_is_for_can_open_it_and_nobody_else() {
        let (lock, opener) = keys();
        for shape in [Shape::Binary, Shape::Armored] {
            let bytes = sealed(&lock, shape);
            assert_eq!(bytes.starts_with(b"-----BEGIN AGE"), shape == Shape::Armored);
            assert_eq!(opened(&bytes, &opener).unwrap(), b"connections");
            let (kind, message) = opened(&bytes, &keys().1).unwrap_err();
            assert_eq!(kind, Kind::Unauthenticated);
            assert!(message.contains("none of the identities"), "{message}");
        }
    }

    #[test]
    fn every_change_and_every_cut_is_noticed() {
        let (lock, opener) = keys();
        let bytes = sealed(&lock, Shape::Binary);
        for at in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[at] ^= 1;
            assert!(opened(&changed, &opener).is_err(), "byte {at}");
            assert!(opened(&bytes[..at], &opener).is_err(), "cut at {at}");
        }
    }

    #[test]
    fn work_is_bounded() {
        let check = |work: u8, expected: Kind| {
            let passphrase = Secret::from("hunter2".to_owned());
            let mut recipient = age::scrypt::Recipient::new(text_of(&passphrase).unwrap());
            recipient.set_work_factor(2);
            let encryptor = Encryptor::with_recipients([&recipient as &dyn Recipient].into_iter());
            let mut bytes = Vec::new();
            encryptor.unwrap().wrap_output(&mut bytes).unwrap().finish().unwrap();
            let text = String::from_utf8_lossy(&bytes[..80]).into_owned();
            let line = text.lines().nth(1).unwrap();
            let asked = format!("{}{work}", &line[..line.len() - 1]);
            let rest = &bytes[text.find(line).unwrap() + line.len()..];
            let changed = [b"age-encryption.org/v1\n", asked.as_bytes(), rest].concat();
            let (kind, message) = opened(&changed, &Opener::Passphrase(passphrase)).unwrap_err();
            assert_eq!(kind, expected, "{message}");
        };
        check(21, Kind::Refused);
        check(63, Kind::Refused);
        check(3, Kind::Unauthenticated);
    }

    #[test]
    fn recipients_and_identities_are_told_from_other_texts() {
        let identity = age::x25519::Identity::generate();
        assert!(recipient(&format!(" {}\n", identity.to_public())).is_ok());
        for text in ["", "age1", "ssh-ed25519 AAAA", "AGE-SECRET-KEY-1QQQQQQQQQQQQ"] {
            let error = recipient(text).err().unwrap();
            assert!(!error.message.contains("KEY-1QQQ"), "{}", error.message);
        }
        assert!(identities("k", &b"# comment\nhunter2\n"[..]).is_err());
        assert!(identities("k", &b""[..]).is_err());
    }
}
