//! A connector that can be called: loaded once, instantiated afresh for each call, within its limits.

use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use ring::digest::{self, SHA256};
use wasmtime::Store;
use wasmtime::component::Component;

use super::cache::Cache;
use super::computing::{self, Computing, Steps};
use super::context::{Context, Host};
use super::convert::{self, Clean};
use super::engine::Sandbox;
use super::inspect::{Inspected, LoadError, MAX_BYTES};
use super::link;
use super::stop::{self, Stop};
use crate::capabilities::http::Clock;
use crate::capabilities::secrets::take_back;
use crate::capabilities::vault::{Moment, Version};
use crate::contract::types as wit;
use crate::contract::{Connector as Instance, ConnectorPre};
use crate::model::{
    Connection, Description, Draft, Error, Filter, IfExists, Kind, Meter, Page, Patch, Removed,
    Report, SecretField, Target, Usage, Written,
};
use crate::policy::{CompileLimits, Limits};

/// A component in a form that can be started.
pub struct Loaded {
    /// Its digest, in lower-case hexadecimal.
    pub sha256: String,
    /// Its size in bytes.
    pub size: u64,
    /// What it declares.
    pub inspected: Inspected,
    component: Component,
}

/// A component as it lies on disk, hashed and not yet looked into.
pub struct ComponentFile {
    /// Its digest, in lower-case hexadecimal.
    pub sha256: String,
    digest: [u8; 32],
    bytes: Vec<u8>,
}

impl From<Vec<u8>> for ComponentFile {
    /// Hashes what came from elsewhere than a file.
    fn from(bytes: Vec<u8>) -> Self {
        let mut digest = [0; 32];
        digest.copy_from_slice(digest::digest(&SHA256, &bytes).as_ref());
        Self { sha256: hexadecimal(&digest), digest, bytes }
    }
}

/// The digest and the size of a component, which was read in pieces and is not held: what is in the cache is all that starts.
pub struct Fingerprint {
    /// Its digest, in lower-case hexadecimal.
    pub sha256: String,
    size: u64,
}

impl Fingerprint {
    /// Hashes a file, and no more of it than a component may have.
    ///
    /// # Errors
    /// It cannot be read, or is larger.
    pub fn of(path: &Path) -> Result<Self, LoadError> {
        let failed = |source| LoadError::Read { path: PathBuf::from(path), source };
        let (mut file, size) = open(path)?;
        let (mut hash, mut piece, mut read) = (digest::Context::new(&SHA256), [0; PIECE], 0);
        while read <= MAX_BYTES {
            match file.read(&mut piece) {
                Ok(0) => {
                    return Ok(Self { sha256: hexadecimal(hash.finish().as_ref()), size: read });
                }
                Ok(length) => {
                    hash.update(&piece[..length]);
                    read += length as u64;
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(failed(error)),
            }
        }
        Err(LoadError::TooLarge { size: size.max(read) })
    }

    /// Its compiled form, if that is in the cache.
    pub fn cached(&self, sandbox: &Sandbox, cache: &Cache) -> Option<Loaded> {
        let (component, inspected) = cache.load(sandbox.engine(), &self.sha256)?;
        Some(Loaded { sha256: self.sha256.clone(), size: self.size, inspected, component })
    }
}

/// How much of a file is read at once, in bytes: it is on the stack.
const PIECE: usize = 16 << 10;

/// Opens a component, and says how large it is.
fn open(path: &Path) -> Result<(impl Read, u64), LoadError> {
    let failed = |source| LoadError::Read { path: PathBuf::from(path), source };
    let metadata = fs_err::metadata(path).map_err(failed)?;
    if !metadata.is_file() {
        // Opening a pipe would wait for whoever writes to it.
        let kind = std::io::ErrorKind::InvalidInput;
        return Err(failed(std::io::Error::new(kind, "it is not a file")));
    }
    // The standard library's own file is read without filling the memory with zeros first.
    let (file, _) = fs_err::File::open(path).map_err(failed)?.into_parts();
    Ok((file, metadata.len()))
}

impl ComponentFile {
    /// The SHA-256 of the bytes.
    pub fn digest(&self) -> &[u8; 32] {
        &self.digest
    }

    /// What the file holds.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Reads and hashes a file, and no more of it than a component may have.
    pub fn read(path: &Path) -> Result<Self, LoadError> {
        let failed = |source| LoadError::Read { path: PathBuf::from(path), source };
        let (file, size) = open(path)?;
        let mut bytes = Vec::with_capacity(usize::try_from(size.min(MAX_BYTES)).unwrap_or(0));
        file.take(MAX_BYTES + 1).read_to_end(&mut bytes).map_err(failed)?;
        if bytes.len() as u64 > MAX_BYTES {
            return Err(LoadError::TooLarge { size });
        }
        Ok(Self::from(bytes))
    }
}

/// A component whose declarations are known. It is not compiled before somebody has looked at them.
pub struct Found<'f> {
    sandbox: &'f Sandbox,
    cache: &'f Cache,
    file: &'f ComponentFile,
    inspected: Inspected,
    cached: Option<Component>,
}

impl<'f> Found<'f> {
    /// Looks a component up in the cache, or reads what it declares.
    pub fn new(
        sandbox: &'f Sandbox,
        cache: &'f Cache,
        file: &'f ComponentFile,
    ) -> Result<Self, LoadError> {
        let (cached, inspected) = match cache.load(sandbox.engine(), &file.sha256) {
            Some((component, inspected)) => (Some(component), inspected),
            None => (None, Inspected::of(&file.bytes)?),
        };
        Ok(Self { sandbox, cache, file, inspected, cached })
    }

    /// What it declares.
    pub fn inspected(&self) -> &Inspected {
        &self.inspected
    }

    /// Its compiled form, from the cache or by compiling it.
    pub fn compiled(self, limits: &CompileLimits) -> Result<Loaded, LoadError> {
        let Self { sandbox, cache, file, inspected, cached } = self;
        let ComponentFile { sha256, bytes, .. } = file;
        let component = match cached {
            Some(component) => component,
            None => cache.compile(sandbox.engine(), sha256, bytes, &inspected, limits)?,
        };
        Ok(Loaded { sha256: sha256.clone(), size: bytes.len() as u64, inspected, component })
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A connector, ready to be called for one backend.
pub struct Connector {
    sandbox: Arc<Sandbox>,
    instance: ConnectorPre<Context>,
    limits: Limits,
    name: String,
    host: Host,
    meter: Meter,
    /// When the next call takes place; the one after that is now again.
    moment: Moment,
    computing: Computing,
    steps: Steps,
}

impl Connector {
    /// Links a component. The caller has decided that it may run.
    pub fn link(
        sandbox: &Arc<Sandbox>,
        loaded: &Loaded,
        host: Host,
        limits: Limits,
    ) -> Result<Self, LoadError> {
        let failed = |error: wasmtime::Error| LoadError::Malformed(error.into());
        let linker = link::linker(sandbox.engine(), &loaded.inspected)?;
        let instance = linker.instantiate_pre(&loaded.component).map_err(failed)?;
        Ok(Self {
            sandbox: Arc::clone(sandbox),
            instance: ConnectorPre::new(instance).map_err(failed)?,
            limits,
            name: host.connector.clone(),
            host,
            meter: Meter::default(),
            moment: Moment::Now,
            computing: Computing::default(),
            steps: Steps::default(),
        })
    }

    /// The connector's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What the last call used and was refused, however it ended.
    pub fn usage(&self) -> Usage {
        self.meter.usage()
    }

    /// Whether the last call was refused something, whatever the connector made of it.
    pub fn was_denied(&self) -> bool {
        self.meter.was_denied()
    }

    /// Says what the computing of its next calls is measured in.
    pub fn compute(&mut self, computing: Computing) {
        self.computing = computing;
    }

    /// How many steps the last call took, however it ended; 0 if they were not counted.
    pub fn steps(&self) -> u64 {
        self.steps.load(Ordering::Relaxed)
    }

    /// What its calls may use.
    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    /// Starts a group: many operations of the connector that become durable together. A connector that does not keep its connections in
    /// the local store has none, and the answer is `false`.
    ///
    /// # Errors
    /// The store cannot be opened or written.
    pub fn begin_group(&self) -> Result<bool, Error> {
        if self.is_local() {
            self.host.vault.begin_group()?;
        }
        Ok(self.is_local())
    }

    /// Whether the connector keeps its connections in the local store.
    pub fn is_local(&self) -> bool {
        self.host.vault.is_granted()
    }

    /// Makes everything since [`Connector::begin_group`] durable, or nothing of it.
    ///
    /// # Errors
    /// Nothing of it was done.
    pub fn commit_group(&self) -> Result<(), Error> {
        self.host.vault.commit_group()
    }

    /// Says when the next call takes place. What a connector that does not keep its connections in the local store does is always now.
    pub fn at(&mut self, moment: Moment) -> &mut Self {
        self.moment = moment;
        self
    }

    /// The versions of the connection that the last call in the past was about, the oldest first.
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn versions(&self) -> Result<Vec<Version>, Error> {
        self.host.vault.versions()
    }

    /// Removes the past versions of the connection that the last call in the past was about. Returns their number.
    ///
    /// # Errors
    /// The store cannot be written.
    pub fn forget(&self) -> Result<u64, Error> {
        self.host.vault.forget()
    }

    /// What the connector is.
    pub async fn describe(&mut self) -> Result<Description, Error> {
        self.call(async |call| {
            let answer = call.backend().call_describe(&mut call.store).await?;
            Ok(call.answer(Ok(answer), |clean, answer| clean.description(answer)))
        })
        .await
    }

    /// Who am I, may I, is the platform there.
    pub async fn check(&mut self, target: &Target) -> Result<Report, Error> {
        let target = convert::target(target);
        self.call(async |call| {
            let answer = call.backend().call_check(&mut call.store, &target).await?;
            Ok(call.answer(answer, |clean, answer| clean.report(answer)))
        })
        .await
    }

    /// Stores a connection.
    pub async fn create(
        &mut self,
        target: &Target,
        draft: &Draft,
        if_exists: IfExists,
    ) -> Result<Written, Error> {
        let target = convert::target(target);
        let if_exists = convert::if_exists(if_exists);
        self.call(async |call| {
            let context = call.store.data_mut();
            let draft = convert::draft(draft, &mut context.table, &mut context.scrubber)?;
            let backend = call.backend();
            let answer = backend.call_create(&mut call.store, &target, &draft, if_exists).await?;
            Ok(call.answer(answer, |clean, answer| clean.written(answer)))
        })
        .await
    }

    /// Lists one page of at most `limit` connections.
    pub async fn list(
        &mut self,
        target: &Target,
        filter: &Filter,
        cursor: Option<&str>,
        limit: u32,
    ) -> Result<Page, Error> {
        let target = convert::target(target);
        let filter = convert::filter(filter);
        let request = wit::PageRequest { cursor: cursor.map(str::to_owned), limit };
        self.call(async |call| {
            let backend = call.backend();
            let answer =
                backend.call_list_connections(&mut call.store, &target, &filter, &request).await?;
            Ok(call.answer(answer, |clean, answer| clean.page(answer)))
        })
        .await
    }

    /// Reads one connection.
    pub async fn get(&mut self, target: &Target, name: &str) -> Result<Connection, Error> {
        let target = convert::target(target);
        self.call(async |call| {
            let answer = call.backend().call_get(&mut call.store, &target, name).await?;
            Ok(call.answer(answer, |clean, answer| clean.connection(answer)))
        })
        .await
    }

    /// Reads secret fields; all if none is named.
    pub async fn open(
        &mut self,
        target: &Target,
        name: &str,
        fields: &[String],
    ) -> Result<Vec<SecretField>, Error> {
        let target = convert::target(target);
        self.call(async |call| {
            let answer = call.backend().call_open(&mut call.store, &target, name, fields).await?;
            let named = |clean: &Clean<'_>, given: Vec<wit::SecretField>| {
                given.into_iter().map(|field| (clean.line(field.name), field.value)).collect()
            };
            let given: Vec<_> = match call.answer(answer, named) {
                Ok(given) => given,
                Err(error) => return Ok(Err(error)),
            };
            let mut opened = Vec::with_capacity(given.len());
            for (name, value) in given {
                let value = take_back(&mut call.store.data_mut().table, value)?;
                opened.push(SecretField { name, value });
            }
            Ok(Ok(opened))
        })
        .await
    }

    /// Changes a connection.
    pub async fn update(
        &mut self,
        target: &Target,
        name: &str,
        patch: &Patch,
        expected: Option<&str>,
    ) -> Result<Written, Error> {
        let target = convert::target(target);
        self.call(async |call| {
            let context = call.store.data_mut();
            let patch = convert::patch(patch, &mut context.table, &mut context.scrubber)?;
            let backend = call.backend();
            let answer =
                backend.call_update(&mut call.store, &target, name, &patch, expected).await?;
            Ok(call.answer(answer, |clean, answer| clean.written(answer)))
        })
        .await
    }

    /// Deletes a connection.
    pub async fn delete(
        &mut self,
        target: &Target,
        name: &str,
        expected: Option<&str>,
    ) -> Result<Vec<Removed>, Error> {
        let target = convert::target(target);
        self.call(async |call| {
            let backend = call.backend();
            let answer = backend.call_delete(&mut call.store, &target, name, expected).await?;
            Ok(call.answer(answer, |clean, answer| clean.removed(answer)))
        })
        .await
    }

    /// Runs one operation in a fresh store. A store that trapped is dropped with everything in it.
    async fn call<T>(
        &mut self,
        operation: impl AsyncFnOnce(&mut Call) -> wasmtime::Result<Result<T, Error>>,
    ) -> Result<T, Error> {
        let wall = self.limits.wall;
        self.meter = Meter::default();
        let clock = Clock::new(wall);
        let mut store = self.store(&clock);
        self.steps = computing::bound(&mut store, self.computing, self.limits.cpu);
        let run = async {
            let instance = match self.instance.instantiate_async(&mut store).await {
                Ok(instance) => instance,
                Err(error) => return Err(self.stop(store.data()).failed(&error)),
            };
            let output = self.limits.output;
            let mut call = Call { store, instance, connector: self.name.clone(), output };
            match operation(&mut call).await {
                Ok(answer) => {
                    let left = call.store.data().limiter.memory_left();
                    self.meter.memory(self.limits.memory.saturating_sub(left));
                    call.flush_output();
                    answer
                }
                Err(error) => Err(self.stop(call.store.data()).failed(&error)),
            }
        };
        let ended = clock.run(run).await;
        self.host.pass_on_warnings();
        ended.unwrap_or_else(|| Err(stop::timed_out(&self.name, wall)))
    }

    fn store(&mut self, clock: &Clock) -> Store<Context> {
        self.sandbox.start_clock();
        let moment = std::mem::take(&mut self.moment);
        let context = Context::new(&self.host, &self.limits, clock, self.meter.clone(), moment);
        let mut store = Store::new(self.sandbox.engine(), context);
        store.limiter(|context| &mut context.limiter);
        store.set_hostcall_fuel(self.limits.host_call);
        store.set_max_component_handles(self.limits.handles);
        store
    }

    fn stop(&self, context: &Context) -> Stop<'_> {
        Stop {
            connector: &self.name,
            limits: &self.limits,
            hit: context.limiter.hit(),
            last_words: last_words(context, &self.name),
        }
    }
}

/// The last line that a component wrote: for one made by Rust the text of its panic.
fn last_words(context: &Context, connector: &str) -> Option<String> {
    let written = context.output.contents();
    let text = String::from_utf8_lossy(&written);
    let clean = Clean::new(connector, &context.scrubber).text(text.trim().to_owned());
    let lines: Vec<&str> = clean.lines().filter(|line| !line.starts_with("note:")).collect();
    lines.last().map(|line| (*line).to_owned())
}

/// One running operation.
pub struct Call {
    store: Store<Context>,
    instance: Instance,
    connector: String,
    /// The most bytes of text that it may answer with.
    output: usize,
}

impl Call {
    fn backend(&self) -> crate::contract::exports::connhub::connector::backend::Guest {
        self.instance.connhub_connector_backend().clone()
    }

    fn clean(&self) -> Clean<'_> {
        Clean::new(&self.connector, &self.store.data().scrubber)
    }

    /// Cleans an answer. A denial of the host's own is reported in the host's words, whatever the connector made of it.
    fn answer<A, B>(
        &mut self,
        answer: Result<A, wit::Error>,
        convert: impl FnOnce(&Clean<'_>, A) -> B,
    ) -> Result<B, Error> {
        match answer {
            Ok(answer) => {
                let clean = self.clean();
                let answer = convert(&clean, answer);
                self.bounded(&clean).map(|()| answer)
            }
            Err(error) => Err(self.failure(error)),
        }
    }

    fn bounded(&self, clean: &Clean<'_>) -> Result<(), Error> {
        match clean.bytes() > self.output {
            true => Err(stop::too_much(&self.connector, self.output)),
            false => Ok(()),
        }
    }

    fn failure(&mut self, error: wit::Error) -> Error {
        let context = self.store.data_mut();
        if let Some(failure) = context.vault.take_failure() {
            return failure;
        }
        // A connector that has two ways passes on the failure of the one that it took.
        let of_command = context.command.take_failure();
        let failure = context.http.take_failure();
        let clean = self.clean();
        let said = clean.error(error);
        if let Err(error) = self.bounded(&clean) {
            return error;
        }
        let quotes = |failure: &Error| said.message == clean.text(failure.message.clone());
        let Some(failure) = of_command.filter(quotes).or(failure) else { return said };
        let is_refusal = matches!(failure.kind, Kind::Refused | Kind::Connector);
        let passed_on = quotes(&failure) || (said.kind == Kind::Refused && is_refusal);
        let own = clean.refusal(failure);
        // The connector may know more than the request that failed: what it undid, what is left over.
        if passed_on { own } else { said.with_details_of(own) }
    }

    /// Passes on what the component wrote to its standard streams.
    fn flush_output(&mut self) {
        let written = self.store.data().output.contents();
        if written.is_empty() {
            return;
        }
        let context = self.store.data_mut();
        let text = String::from_utf8_lossy(&written).into_owned();
        let level = crate::capabilities::log::Level::Debug;
        context.log.write(&context.scrubber, level, text.trim_end());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_component_has_one_digest_however_it_is_read() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.wasm");
        for length in [0, 1, PIECE - 1, PIECE, PIECE + 1, 3 * PIECE + 7] {
            fs_err::write(&path, vec![7; length]).unwrap();
            let seen = Fingerprint::of(&path).unwrap();
            assert_eq!(seen.sha256, ComponentFile::read(&path).unwrap().sha256, "{length}");
            assert_eq!(seen.size, length as u64);
        }
        let file = fs_err::File::create(&path).unwrap();
        file.set_len(MAX_BYTES + 1).unwrap();
        assert!(matches!(Fingerprint::of(&path), Err(LoadError::TooLarge { .. })));
        assert!(matches!(Fingerprint::of(folder.path()), Err(LoadError::Read { .. })));
    }
}
