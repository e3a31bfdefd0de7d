//! Compiled components, kept between runs.
//!
//! Compiled code is native code: whoever can write a cache file could run anything. A file is therefore read only if it and its folder
//! belong to this user and nobody else may write them, and it is sealed (AES-256-GCM, fresh nonce per file) together with the component's
//! digest and the engine's configuration. Whatever does not fit is a miss: the component is compiled again and the file replaced by a
//! rename. The key lies in the state folder, made on first use.
//!
//! The content is encrypted though it is no secret, for speed: the cipher opens it in one pass at several bytes a cycle, and takes six
//! times as long for a tag over content that is not encrypted. The file is read into private memory and opened there, so that what runs is
//! what was checked, whatever becomes of the file meanwhile. From there it is moved into memory that is sealed against every change and mapped.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{Read, Write};
use std::os::fd::AsRawFd;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use fs_err::File;
use fs_err::os::unix::fs::OpenOptionsExt;
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, Tag, UnboundKey};
use ring::rand::{SecureRandom, SystemRandom};
use rustix::fs::{MemfdFlags, SealFlags, fcntl_add_seals, memfd_create};
use rustix::process::{Resource, getrlimit};
use wasmtime::Engine;
use wasmtime::component::Component;

use super::compile::{Compiler, MAX_CODE};
use super::inspect::{Inspected, LoadError};
use crate::model::Secret;
use crate::policy::CompileLimits;

const MAGIC: &[u8; 8] = b"connhub2";
const TAG_LEN: usize = 16;
const KEY_LEN: usize = 32;
const HEAD: usize = MAGIC.len() + NONCE_LEN + TAG_LEN;
/// The code, and what stands before it.
const MAX_FILE: u64 = MAX_CODE + (1 << 20);

/// The folder of compiled components, and the key of their tags.
#[derive(Clone, Debug)]
pub struct Cache {
    folder: PathBuf,
    key_file: PathBuf,
    compiler: Compiler,
}

/// What a file holds, opened.
struct Parts<'a> {
    inspected: Inspected,
    code: &'a [u8],
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

    /// How many bytes the compiled form of a component takes; none if it is not there.
    pub fn size(&self, sha256: &str) -> Option<u64> {
        fs_err::metadata(self.path(sha256)).ok().map(|metadata| metadata.len())
    }

    /// The compiled form of the component with this digest, if there is one that can be trusted.
    pub(super) fn load(&self, engine: &Engine, sha256: &str) -> Option<(Component, Inspected)> {
        let key = self.stored_key()?;
        let mut bytes = read_owned(&self.path(sha256), MAX_FILE)?;
        let parts = open(key.expose(), &context(engine, sha256), &mut bytes)?;
        let component = map_component(engine, parts.code);
        let component = component.or_else(|| code_to_component(engine, parts.code))?;
        Some((component, parts.inspected))
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

/// Magic, nonce, tag, then what is sealed: needs, imports, exports, code, each with its length.
fn seal(key: &Secret, context: &[u8], inspected: &Inspected, code: &[u8]) -> Option<Vec<u8>> {
    let mut nonce = [0; NONCE_LEN];
    SystemRandom::new().fill(&mut nonce).ok()?;
    let mut content = Vec::with_capacity(code.len() + 4096);
    put(&mut content, inspected.needs_text.as_bytes());
    put(&mut content, inspected.imports.join("\n").as_bytes());
    put(&mut content, inspected.exports.join("\n").as_bytes());
    put(&mut content, code);
    let fresh = Nonce::assume_unique_for_key(nonce);
    let cipher = cipher(key.expose())?;
    let tag = cipher.seal_in_place_separate_tag(fresh, Aad::from(context), &mut content).ok()?;
    Some([MAGIC.as_slice(), &nonce, tag.as_ref(), &content].concat())
}

/// Opens a file in its own memory; none if anything of it, or the context, is not as it was sealed.
fn open<'a>(key: &[u8], context: &[u8], file: &'a mut [u8]) -> Option<Parts<'a>> {
    let (head, content) = file.split_at_mut_checked(HEAD)?;
    let (magic, rest) = head.split_at(MAGIC.len());
    let (nonce, tag) = rest.split_at(NONCE_LEN);
    if magic != MAGIC {
        return None;
    }
    let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
    let tag = Tag::try_from(tag).ok()?;
    let cipher = cipher(key)?;
    cipher.open_in_place_separate_tag(nonce, Aad::from(context), tag, content, 0..).ok()?;
    let mut rest: &[u8] = content;
    let text = |rest: &mut &[u8]| String::from_utf8(take(rest)?.to_vec()).ok();
    let (needs, imports, exports) = (text(&mut rest)?, text(&mut rest)?, text(&mut rest)?);
    let code = take(&mut rest)?;
    if !rest.is_empty() {
        return None;
    }
    let lines = |text: String| text.lines().map(str::to_owned).collect();
    let inspected = Inspected::from_parts(needs, lines(imports), lines(exports)).ok()?;
    Some(Parts { inspected, code })
}

fn cipher(key: &[u8]) -> Option<LessSafeKey> {
    Some(LessSafeKey::new(UnboundKey::new(&AES_256_GCM, key).ok()?))
}

fn put(bytes: &mut Vec<u8>, part: &[u8]) {
    bytes.extend_from_slice(&(part.len() as u64).to_le_bytes());
    bytes.extend_from_slice(part);
}

fn take<'a>(rest: &mut &'a [u8]) -> Option<&'a [u8]> {
    let (length, after) = rest.split_first_chunk::<8>()?;
    let length = usize::try_from(u64::from_le_bytes(*length)).ok()?;
    let (part, after) = after.split_at_checked(length)?;
    *rest = after;
    Some(part)
}

/// The component of code that is mapped instead of copied once more. None where the system does not do that.
fn map_component(engine: &Engine, code: &[u8]) -> Option<Component> {
    let file = sealed_file(code)?;
    let path = format!("/proc/self/fd/{}", file.as_raw_fd());
    // SAFETY: as below, and the seals of the file keep everybody from changing what is mapped.
    #[expect(unsafe_code, reason = "compiled code can only be loaded this way")]
    unsafe {
        Component::deserialize_file(engine, path).ok()
    }
}

/// A file in memory that nobody can change any more, this process included.
fn sealed_file(content: &[u8]) -> Option<File> {
    // The limit on the size of files holds for memory, too, and passing it ends the process.
    if getrlimit(Resource::Fsize).current.is_some() {
        return None;
    }
    let flags = MemfdFlags::CLOEXEC | MemfdFlags::ALLOW_SEALING;
    let memory = memfd_create("component", flags).ok()?;
    let mut file = File::from_parts(memory.into(), "component");
    file.write_all(content).ok()?;
    let seals = SealFlags::WRITE | SealFlags::GROW | SealFlags::SHRINK | SealFlags::SEAL;
    fcntl_add_seals(&file, seals).ok()?;
    Some(file)
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
    owned_by_this_user(&fs_err::symlink_metadata(path.parent()?).ok()?).then_some(())?;
    let mut file = fs_err::OpenOptions::new();
    let file = file.read(true).custom_flags(rustix::fs::OFlags::NOFOLLOW.bits() as i32);
    // The standard library's own file is read without filling the memory with zeros first.
    let (file, _) = file.open(path).ok()?.into_parts();
    let metadata = file.metadata().ok()?;
    if !owned_by_this_user(&metadata) || !metadata.is_file() || metadata.len() > limit {
        return None;
    }
    let mut bytes = Vec::with_capacity(metadata.len() as usize);
    file.take(limit).read_to_end(&mut bytes).ok()?;
    Some(bytes)
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
    fn what_is_mapped_can_be_changed_by_nobody() {
        let mut file = sealed_file(b"code").unwrap();
        assert!(file.write_all(b"other").is_err());
        assert!(file.set_len(1).is_err());
        assert!(fcntl_add_seals(&file, SealFlags::FUTURE_WRITE).is_err());
        let path = format!("/proc/self/fd/{}", file.as_raw_fd());
        let again = fs_err::OpenOptions::new().write(true).open(&path);
        assert!(again.is_err() || again.unwrap().write_all(b"other").is_err());
        assert_eq!(fs_err::read(&path).unwrap(), b"code");
    }

    #[test]
    fn what_is_no_code_is_not_mapped() {
        let fixture = fixture();
        assert!(map_component(fixture.sandbox.engine(), b"no code").is_none());
    }

    #[test]
    fn every_flipped_byte_is_a_miss() {
        let fixture = fixture();
        let path = fixture.cache.path(DIGEST);
        let good = fs_err::read(&path).unwrap();
        let step = (good.len() / 2000).max(1);
        for position in (0..good.len()).step_by(step).chain(0..200) {
            let mut bad = good.clone();
            bad[position] ^= 0x40;
            let opened = open(
                &fs_err::read(&fixture.cache.key_file).unwrap(),
                &context(fixture.sandbox.engine(), DIGEST),
                &mut bad,
            );
            assert!(opened.is_none(), "byte {position}");
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
        assert!(open(&key, &context, &mut file.clone()).is_some());
        for position in 0..context.len() {
            let mut other = context.clone();
            other[position] ^= 1;
            assert!(open(&key, &other, &mut file.clone()).is_none(), "byte {position}");
        }
    }

    #[test]
    fn another_key_is_a_miss() {
        let fixture = fixture();
        fs_err::write(&fixture.cache.key_file, [7; 32]).unwrap();
        assert!(!fixture.hits());
    }
}
