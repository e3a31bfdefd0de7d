//! Connections in the catalog of Flowfile: rows of its database, and secrets that are sealed with keys derived from one master key
//! (`secret_manager.py` and `auth/secrets.py` of flowfile-core).

use std::collections::HashMap;

use aes::cipher::{BlockModeDecrypt as _, KeyIvInit as _, block_padding::Pkcs7};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE;
use ring::{hkdf, hmac};
use zeroize::Zeroizing;

use super::record::Record;
use super::rules::Rules;
use super::{Entry, Found};
use crate::model::Secret;

const RULES: &str = include_str!("../../imports/flowfile.toml");
/// The tables of connections.
pub const TABLES: [&str; 4] = [
    "cloud_storage_connections",
    "database_connections",
    "kafka_connections",
    "google_analytics_connections",
];
/// The table of secrets: `id`, `encrypted_value`.
pub const SECRETS: &str = "secrets";
/// Before the id of the user and the token of a secret.
const PREFIX: &str = "$ffsec$1$";
const SALT: &[u8] = b"flowfile-secrets-v1";
/// Bytes of a Fernet token before its ciphertext: version, time, initial vector.
const HEAD: usize = 1 + 8 + 16;
/// Bytes of the seal behind it.
const SEAL: usize = 32;

/// A row of a table of connections.
#[derive(Debug)]
pub struct Row {
    /// The table.
    pub table: &'static str,
    /// The columns that have a value, as text.
    pub columns: Vec<(String, String)>,
}

/// The key with which secrets are sealed.
pub struct Key(Secret);

impl Key {
    /// The key as text, as it is in `FLOWFILE_MASTER_KEY`; none if it is none.
    pub fn of_text(text: &Secret) -> Option<Self> {
        let text = std::str::from_utf8(text.expose()).ok()?.trim().trim_matches(['"', '\'']);
        Fernet::of(text.as_bytes())?;
        Some(Self(Secret::new(text.as_bytes().to_vec())))
    }

    /// The key in the store of a desktop: `.secret_key` opens `flowfile.json.enc`, which holds it.
    pub fn of_store(secret_key: &Secret, store: &[u8]) -> Option<Self> {
        let key = std::str::from_utf8(secret_key.expose()).ok()?.trim();
        let opened = Fernet::of(key.as_bytes())?.open(store.trim_ascii())?;
        let map: HashMap<String, String> = serde_json::from_slice(opened.expose()).ok()?;
        let master = map.into_iter().find(|(name, _)| name == "master_key")?.1;
        Self::of_text(&Secret::from(master))
    }

    /// A secret as the database has it; none if it was sealed with another key, or changed.
    fn open(&self, stored: &str, user: &str) -> Option<Secret> {
        match stored.strip_prefix(PREFIX) {
            Some(rest) => {
                let (user, token) = rest.split_once('$')?;
                self.of_user(user)?.open(token.as_bytes())
            }
            // Older rows have no id in them, and the oldest are sealed with the master key itself.
            None => self
                .of_user(user)
                .and_then(|fernet| fernet.open(stored.as_bytes()))
                .or_else(|| Fernet::of(self.0.expose())?.open(stored.as_bytes())),
        }
    }

    fn of_user(&self, user: &str) -> Option<Fernet> {
        let user: u64 = user.parse().ok()?;
        let info = format!("user-{user}");
        let info = [info.as_bytes()];
        let salt = hkdf::Salt::new(hkdf::HKDF_SHA256, SALT);
        let derived = salt.extract(self.0.expose());
        let mut key = Zeroizing::new([0; 32]);
        derived.expand(&info, hkdf::HKDF_SHA256).ok()?.fill(&mut *key).ok()?;
        Some(Fernet(key))
    }
}

/// Fernet: github.com/fernet/spec. Half of the key signs, half encrypts.
struct Fernet(Zeroizing<[u8; 32]>);

impl Fernet {
    fn of(text: &[u8]) -> Option<Self> {
        let bytes = Zeroizing::new(URL_SAFE.decode(text).ok()?);
        Some(Self(Zeroizing::new(bytes.as_slice().try_into().ok()?)))
    }

    fn open(&self, token: &[u8]) -> Option<Secret> {
        let token = URL_SAFE.decode(token).ok()?;
        let (signed, seal) = token.split_at_checked(token.len().checked_sub(SEAL)?)?;
        let (sign, encrypt) = self.0.split_at(16);
        hmac::verify(&hmac::Key::new(hmac::HMAC_SHA256, sign), signed, seal).ok()?;
        let (head, sealed) = signed.split_at_checked(HEAD).filter(|(head, _)| head[0] == 0x80)?;
        let cipher = cbc::Decryptor::<aes::Aes128>::new_from_slices(encrypt, &head[9..]).ok()?;
        let clear = cipher.decrypt_padded_vec::<Pkcs7>(sealed).ok()?;
        Some(Secret::new(clear))
    }
}

/// The connections of a database. `secrets` are rows of [`SECRETS`] by id; without a key only what has no secret can be read.
pub fn read(
    name: &str,
    rows: Vec<Row>,
    secrets: &HashMap<String, String>,
    key: Option<&Key>,
) -> Found {
    let rules = Rules::parse(RULES);
    let one = |row| entry(name, row, secrets, key, &rules);
    Found { entries: rows.into_iter().map(one).collect(), remarks: Vec::new() }
}

fn entry(
    name: &str,
    row: Row,
    secrets: &HashMap<String, String>,
    key: Option<&Key>,
    rules: &Rules,
) -> Entry {
    let column = |name: &str| row.columns.iter().find(|(known, _)| known == name);
    let value = |name: &str| column(name).map_or("", |(_, value)| value.as_str());
    let place = format!("{name}: {} {}", row.table, value("id"));
    let mut record = Record::new(value("connection_name"), place);
    record.set("table", Secret::from(row.table.to_owned()));
    for (column, text) in &row.columns {
        let Some(field) = rules.sealed.get(column) else {
            record.set(column, Secret::from(text.clone()));
            continue;
        };
        let opened = match (secrets.get(text), key) {
            (None, _) => Err("is gone from the database"),
            (Some(_), None) => Err("cannot be opened without the key of the store"),
            (Some(sealed), Some(key)) => {
                key.open(sealed, value("user_id")).ok_or("cannot be opened with this key")
            }
        };
        match opened {
            Ok(secret) => record.set(field, secret),
            Err(why) => {
                let why = format!("its secret `{field}` {why}");
                return Entry::broken(&record.name, record.place, why);
            }
        }
    }
    rules.apply(record)
}
