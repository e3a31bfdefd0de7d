//! Compiled components, kept between runs.
//!
//! Compiled code is native code: whoever can write a cache file could run anything. A file is therefore read only if it and its folder
//! belong to this user and nobody else may write them, and it is sealed (AES-256-GCM, fresh nonce per file) together with the component's
//! digest and the engine's configuration. Whatever does not fit is a miss: the component is compiled again and the file replaced by a
//! rename. The key lies in the state folder, made on first use.
//!
//! The content is encrypted though it is no secret, for speed: the cipher opens it in one pass at several bytes a cycle, and takes six
//! times as long for a tag over content that is not encrypted. The file is read into memory that is this process's alone and opened there, so
//! that what runs is what was checked, whatever becomes of the file meanwhile. That memory is then sealed against every change and mapped.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{Read, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use fs_err::os::unix::fs::OpenOptionsExt;
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, Tag, UnboundKey};
use ring::rand::{SecureRandom, SystemRandom};
use wasmtime::Engine;
use wasmtime::component::Component;

use super::code_memory::Draft;
use super::compile::{Compiler, Halt, MAX_CODE};
use super::engine::runs_placed_code;
use super::inspect::{Inspected, LoadError};
use crate::model::Secret;
use crate::policy::CompileLimits;

const MAGIC: &[u8; 8] = b"connhub3";
const TAG_LEN: usize = 16;
const KEY_LEN: usize = 32;
/// What stands behind the sealed content: tag, nonce, magic.
const TAIL: usize = TAG_LEN + NONCE_LEN + MAGIC.len();
/// The code, and what stands behind it.
const MAX_FILE: u64 = MAX_CODE + (1 << 20);

/// The folder of compiled components, and the key of their tags.
#[derive(Clone, Debug)]
pub struct Cache {
    folder: PathBuf,
    key_file: PathBuf,
    compiler: Compiler,
}

/// What a file holds, opened: the code, so many bytes from its beginning, and what was found out about the component.
struct Opened {
    code: usize,
    inspected: Inspected,
}

impl Cache {
    /// A cache below these folders. Nothing is read or made yet.
    pub fn new(cache: &Path, state: &Path, compiler: Compiler) -> Self {
        Self { folder: cache.join("components"), key_file: state.join("cache.key"), compiler }
    }

    /// An empty cache below another folder, filled by the same compiler.
    pub fn elsewhere(&self, folder: &Path) -> Self {
        Self::new(folder, folder, self.compiler.clone())
    }

    /// What stops the compiler; none if it cannot be stopped.
    pub fn halt(&self) -> Option<&Halt> {
        self.compiler.halt()
    }

    /// How many bytes the compiled form of a component takes; none if it is not there.
    pub fn size(&self, sha256: &str) -> Option<u64> {
        fs_err::metadata(self.path(sha256)).ok().map(|metadata| metadata.len())
    }

    /// The compiled form of the component with this digest, if there is one that can be trusted.
    pub(super) fn load(&self, engine: &Engine, sha256: &str) -> Option<(Component, Inspected)> {
        let key = self.stored_key()?;
        let opener = Opener { key: key.expose(), context: &context(engine, sha256) };
        let path = self.path(sha256);
        opener.place(engine, &path).or_else(|| opener.copy(engine, &path))
    }

    /// Compiles a component and keeps the result. A cache that cannot be written costs time, not correctness.
    pub(super) fn compile(
        &self,
        engine: &Engine,
        sha256: &str,
        bytes: &[u8],
        inspected: &Inspected,
        limits: &CompileLimits,
    ) -> Result<Component, LoadError> {
        let code = self.compiler.compile(engine, bytes, limits)?;
        let component = code_to_component(engine, &code)
            .ok_or_else(|| LoadError::Malformed("its compiled code cannot be loaded".into()))?;
        let _ = self.store(engine, sha256, inspected, &code);
        Ok(component)
    }

    fn store(
        &self,
        engine: &Engine,
        sha256: &str,
        inspected: &Inspected,
        code: &[u8],
    ) -> std::io::Result<()> {
        make_folder(&self.folder)?;
        let key = self.key()?;
        let file = seal(&key, &context(engine, sha256), inspected, code)
            .ok_or_else(|| std::io::Error::other("no randomness"))?;
        write_owned(&self.path(sha256), &file)
    }

    fn path(&self, sha256: &str) -> PathBuf {
        self.folder.join(format!("{sha256}.bin"))
    }

    /// The key, made if there is none. Two processes that make one at once end up with the same, or with a miss.
    fn key(&self) -> std::io::Result<Secret> {
        if let Some(key) = self.stored_key() {
            return Ok(key);
        }
        let mut key = vec![0; KEY_LEN];
        SystemRandom::new().fill(&mut key).map_err(|_| std::io::Error::other("no randomness"))?;
        if let Some(folder) = self.key_file.parent() {
            make_folder(folder)?;
        }
        write_owned(&self.key_file, &key)?;
        self.stored_key()
            .ok_or_else(|| std::io::Error::other("the key of the cache is not this user's"))
    }

    /// Anything else than a whole key is none: it is replaced, and the files that it tagged are compiled again.
    fn stored_key(&self) -> Option<Secret> {
        let key = read_owned(&self.key_file, KEY_LEN as u64)?;
        (key.len() == KEY_LEN).then(|| key.into())
    }
}

/// What a file is bound to: this component and this configuration of this version of the engine.
fn context(engine: &Engine, sha256: &str) -> Vec<u8> {
    let mut hasher = DefaultHasher::new();
    engine.precompile_compatibility_hash().hash(&mut hasher);
    let mut context = hasher.finish().to_le_bytes().to_vec();
    context.extend_from_slice(env!("CARGO_PKG_VERSION").as_bytes());
    context.push(0);
    context.extend_from_slice(sha256.as_bytes());
    context
}

/// What is sealed (the code first, so that it can be mapped; needs, imports, exports; the length of each), then tag, nonce and magic.
fn seal(key: &Secret, context: &[u8], inspected: &Inspected, code: &[u8]) -> Option<Vec<u8>> {
    let mut nonce = [0; NONCE_LEN];
    SystemRandom::new().fill(&mut nonce).ok()?;
    let (imports, exports) = (inspected.imports.join("\n"), inspected.exports.join("\n"));
    let parts = [code, inspected.needs_text.as_bytes(), imports.as_bytes(), exports.as_bytes()];
    let mut content = parts.concat();
    content.extend(parts.iter().flat_map(|part| (part.len() as u64).to_le_bytes()));
    let fresh = Nonce::assume_unique_for_key(nonce);
    let cipher = cipher(key.expose())?;
    let tag = cipher.seal_in_place_separate_tag(fresh, Aad::from(context), &mut content).ok()?;
    Some([&content, tag.as_ref(), &nonce, MAGIC].concat())
}

/// What it takes to open a file: the key, and what the file is bound to.
struct Opener<'a> {
    key: &'a [u8],
    context: &'a [u8],
}

impl Opener<'_> {
    /// The component of a file whose code is read to where it runs. None where the processor does not do that.
    fn place(&self, engine: &Engine, path: &Path) -> Option<(Component, Inspected)> {
        if !runs_placed_code() {
            return None;
        }
        let (file, length) = open_owned(path, MAX_FILE)?;
        let mut draft = Draft::read(file, length).ok()?;
        let opened = self.open(draft.bytes())?;
        let code = draft.close(opened.code).ok()?;
        // SAFETY: as for code that is copied, and closed memory stays as it is until the process ends.
        #[expect(unsafe_code, reason = "compiled code can only be loaded this way")]
        let component = unsafe { Component::deserialize_raw(engine, code) };
        Some((component.ok()?, opened.inspected))
    }

    /// The component of a file whose code is copied.
    fn copy(&self, engine: &Engine, path: &Path) -> Option<(Component, Inspected)> {
        let mut bytes = read_owned(path, MAX_FILE)?;
        let opened = self.open(&mut bytes)?;
        Some((code_to_component(engine, &bytes[..opened.code])?, opened.inspected))
    }

    /// Opens a file in its own memory; none if anything of it, or the context, is not as it was sealed.
    fn open(&self, file: &mut [u8]) -> Option<Opened> {
        let (content, tail) = file.split_at_mut_checked(file.len().checked_sub(TAIL)?)?;
        let (tag, rest) = tail.split_at(TAG_LEN);
        let (nonce, magic) = rest.split_at(NONCE_LEN);
        if magic != MAGIC {
            return None;
        }
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let (tag, cipher) = (Tag::try_from(tag).ok()?, cipher(self.key)?);
        let context = Aad::from(self.context);
        cipher.open_in_place_separate_tag(nonce, context, tag, content, 0..).ok()?;
        opened(content)
    }
}

/// Finds the parts of opened content by the lengths at its end.
fn opened(content: &[u8]) -> Option<Opened> {
    let (rest, exports) = content.split_last_chunk::<8>()?;
    let (rest, imports) = rest.split_last_chunk::<8>()?;
    let (rest, needs) = rest.split_last_chunk::<8>()?;
    let (mut parts, code) = rest.split_last_chunk::<8>()?;
    let mut text = |length: &[u8; 8]| {
        let (before, part) = parts.split_at_checked(parts.len().checked_sub(size(length)?)?)?;
        parts = before;
        String::from_utf8(part.to_vec()).ok()
    };
    let (exports, imports, needs) = (text(exports)?, text(imports)?, text(needs)?);
    let lines = |text: String| text.lines().map(str::to_owned).collect();
    let inspected = Inspected::from_parts(needs, lines(imports), lines(exports)).ok()?;
    (parts.len() == size(code)?).then_some(Opened { code: parts.len(), inspected })
}

fn size(length: &[u8; 8]) -> Option<usize> {
    usize::try_from(u64::from_le_bytes(*length)).ok()
}

fn cipher(key: &[u8]) -> Option<LessSafeKey> {
    Some(LessSafeKey::new(UnboundKey::new(&AES_256_GCM, key).ok()?))
}

#[expect(unsafe_code, reason = "compiled code can only be loaded this way")]
fn code_to_component(engine: &Engine, code: &[u8]) -> Option<Component> {
    // SAFETY: the bytes were made by an engine of this configuration. Either this program made them just now in a process of its own, or
    // they carry a tag that was made with a key that only this user can read, over the code together with the digest of the component
    // and the configuration of the engine.
    unsafe { Component::deserialize(engine, code) }.ok()
}

/// Reads a file that belongs to this user, as its folder does, and that nobody else may write.
fn read_owned(path: &Path, limit: u64) -> Option<Vec<u8>> {
    let (file, length) = open_owned(path, limit)?;
    let mut bytes = Vec::with_capacity(length);
    file.take(limit).read_to_end(&mut bytes).ok()?;
    Some(bytes)
}

/// Opens such a file, and says how long it is.
fn open_owned(path: &Path, limit: u64) -> Option<(impl Read, usize)> {
    owned_by_this_user(&fs_err::symlink_metadata(path.parent()?).ok()?).then_some(())?;
    let mut file = fs_err::OpenOptions::new();
    let file = file.read(true).custom_flags(rustix::fs::OFlags::NOFOLLOW.bits() as i32);
    // The standard library's own file is read without filling the memory with zeros first.
    let (file, _) = file.open(path).ok()?.into_parts();
    let metadata = file.metadata().ok()?;
    let fits = owned_by_this_user(&metadata) && metadata.is_file() && metadata.len() <= limit;
    fits.then_some((file, metadata.len() as usize))
}

fn owned_by_this_user(metadata: &std::fs::Metadata) -> bool {
    metadata.uid() == rustix::process::geteuid().as_raw() && metadata.mode() & 0o022 == 0
}

fn make_folder(path: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(path)
}

fn write_owned(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut file = tempfile::Builder::new()
        .permissions(std::fs::Permissions::from_mode(0o600))
        .tempfile_in(folder)?;
    file.write_all(bytes)?;
    file.persist(path)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runtime::Sandbox;

    const DIGEST: &str = "0f";

    struct Fixture {
        sandbox: Sandbox,
        cache: Cache,
        _folder: tempfile::TempDir,
    }

    /// A cache that holds one small component.
    fn fixture() -> Fixture {
        let folder = tempfile::tempdir().unwrap();
        let cache =
            Cache::new(&folder.path().join("cache"), &folder.path().join("state"), Compiler::Here);
        let sandbox = Sandbox::new().unwrap();
        let bytes = wat::parse_str("(component)").unwrap();
        let inspected =
            Inspected::from_parts("contract = '1.0.0'".to_owned(), Vec::new(), Vec::new()).unwrap();
        let limits = CompileLimits::default();
        cache.compile(sandbox.engine(), DIGEST, &bytes, &inspected, &limits).unwrap();
        Fixture { sandbox, cache, _folder: folder }
    }

    impl Fixture {
        fn hits(&self) -> bool {
            self.cache.load(self.sandbox.engine(), DIGEST).is_some()
        }
    }

    #[test]
    fn what_was_compiled_is_found_again() {
        let fixture = fixture();
        assert!(fixture.hits());
        assert!(fixture.cache.load(fixture.sandbox.engine(), "0e").is_none());
    }

    #[test]
    fn code_is_placed_and_where_that_fails_copied() {
        let fixture = fixture();
        let (engine, path) = (fixture.sandbox.engine(), fixture.cache.path(DIGEST));
        let key = fs_err::read(&fixture.cache.key_file).unwrap();
        let opener = Opener { key: &key, context: &context(engine, DIGEST) };
        assert!(opener.place(engine, &path).is_some());
        assert!(opener.copy(engine, &path).is_some());
    }

    #[test]
    fn every_flipped_byte_is_a_miss() {
        let fixture = fixture();
        let path = fixture.cache.path(DIGEST);
        let good = fs_err::read(&path).unwrap();
        let key = fs_err::read(&fixture.cache.key_file).unwrap();
        let context = context(fixture.sandbox.engine(), DIGEST);
        let opener = Opener { key: &key, context: &context };
        assert!(opener.open(&mut good.clone()).is_some());
        let step = (good.len() / 2000).max(1);
        for position in (0..good.len()).step_by(step).chain(good.len() - 200..good.len()) {
            let mut bad = good.clone();
            bad[position] ^= 0x40;
            assert!(opener.open(&mut bad).is_none(), "byte {position}");
        }
        fs_err::write(&path, &good[..good.len() - 1]).unwrap();
        assert!(!fixture.hits());
    }

    #[test]
    fn a_file_of_another_component_is_a_miss() {
        let fixture = fixture();
        fs_err::copy(fixture.cache.path(DIGEST), fixture.cache.path("0e")).unwrap();
        assert!(fixture.cache.load(fixture.sandbox.engine(), "0e").is_none());
    }

    #[test]
    fn files_that_others_may_write_are_misses() {
        let fixture = fixture();
        let path = fixture.cache.path(DIGEST);
        let set = |path: &Path, mode| {
            fs_err::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
        };
        set(&path, 0o620);
        assert!(!fixture.hits());
        set(&path, 0o600);
        assert!(fixture.hits());
        set(&fixture.cache.folder, 0o770);
        assert!(!fixture.hits());
        set(&fixture.cache.folder, 0o700);
        set(&fixture.cache.key_file, 0o602);
        assert!(!fixture.hits());
    }

    #[test]
    fn a_link_is_a_miss() {
        let fixture = fixture();
        let path = fixture.cache.path(DIGEST);
        let moved = path.with_extension("moved");
        fs_err::rename(&path, &moved).unwrap();
        fs_err::os::unix::fs::symlink(&moved, &path).unwrap();
        assert!(!fixture.hits());
    }

    #[test]
    fn code_for_another_engine_is_a_miss() {
        let fixture = fixture();
        let key = fs_err::read(&fixture.cache.key_file).unwrap();
        let file = fs_err::read(fixture.cache.path(DIGEST)).unwrap();
        let context = context(fixture.sandbox.engine(), DIGEST);
        let opens =
            |context: &[u8]| Opener { key: &key, context }.open(&mut file.clone()).is_some();
        assert!(opens(&context));
        for position in 0..context.len() {
            let mut other = context.clone();
            other[position] ^= 1;
            assert!(!opens(&other), "byte {position}");
        }
    }

    #[test]
    fn another_key_is_a_miss() {
        let fixture = fixture();
        fs_err::write(&fixture.cache.key_file, [7; 32]).unwrap();
        assert!(!fixture.hits());
    }
}
