//! What the counted commands need: stores of known sizes, and a cluster.

use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::bench::{self, KEY};
use crate::demo::servers::Server;
use crate::workspace::{self, Profile};

/// The stores of the commands.
const SMALL: usize = 100;
pub const MIDDLE: usize = 2_000;
pub const LARGE: usize = 10_000;
/// Stands for the file that describes the connections of a store.
pub const MANIFEST: &str = "{manifest}";

/// Everything that is set up.
pub struct Stage {
    folder: PathBuf,
    program: PathBuf,
    /// The sizes of the stores, and the peak memory of the command that filled them, in bytes.
    filled: Vec<(usize, u64)>,
    /// Ends when this is dropped.
    _cluster: Server,
}

/// One command that is counted.
pub struct Counted {
    pub name: &'static str,
    pub why: &'static str,
    pub words: Vec<String>,
    /// The size of the store of its home.
    pub home: usize,
}

/// Name, what it stands for, arguments, store.
type Row = (&'static str, &'static str, &'static [&'static str], usize);

const COMMANDS: &[Row] = &[
    ("version", "a start: the loader, the arguments", &["--version"], SMALL),
    (
        "list 100",
        "a start with a connector: settings, cache, store, one page, table",
        &["list"],
        SMALL,
    ),
    ("get", "one record, and what is said of it", &["get", "n7"], SMALL),
    (
        "credential-process",
        "a secret is opened and handed out, with its line of the audit log",
        &["credential-process", "n7"],
        SMALL,
    ),
    (
        "create",
        "a record is checked, sealed and written, with its line of the audit log",
        &[
            "create",
            "new",
            "--type",
            "s3",
            "bucket=data",
            "access_key_id=AKIAEXAMPLE",
            "--from-env",
            "secret_access_key=KEY",
        ],
        SMALL,
    ),
    ("plugin list", "what each component declares", &["plugin", "list"], SMALL),
    ("list 10000", "the cost of each record of a long list", &["list"], LARGE),
    ("list all", "several backends at once, one over TLS", &["list", "--backend", "all"], SMALL),
];

impl Stage {
    /// New stores, and a cluster with as many connections as the small one.
    ///
    /// # Errors
    /// A store cannot be filled, or the cluster does not start.
    pub fn set_up(program: PathBuf) -> Result<Self> {
        let folder = workspace::target().join("counts");
        if folder.exists() {
            fs_err::remove_dir_all(&folder)?;
        }
        fs_err::create_dir_all(&folder)?;
        let kubeconfig = folder.join("kubeconfig");
        let seed = SMALL.to_string();
        let cluster =
            ["kubernetes", "--tls", "--namespace", "fraud", "--seed", &seed, "--kubeconfig-out"];
        let standin = workspace::programs(Profile::Debug).join("connhub-standin");
        let cluster = Server::start(&standin, &cluster, &kubeconfig)?;
        let mut stage = Self { folder, program, filled: Vec::new(), _cluster: cluster };
        for size in [SMALL, MIDDLE, LARGE] {
            stage.fill(size, &kubeconfig)?;
        }
        Ok(stage)
    }

    /// The commands, those that need little first.
    pub fn commands(&self) -> Vec<Counted> {
        let command = |&(name, why, arguments, home): &Row| Counted {
            name,
            why,
            words: self.words(arguments, home),
            home,
        };
        COMMANDS.iter().map(command).collect()
    }

    /// The program with these arguments.
    pub fn words(&self, arguments: &[&str], size: usize) -> Vec<String> {
        let manifest = self.manifest(size).display().to_string();
        let arguments = arguments.iter().map(|word| word.replace(MANIFEST, &manifest));
        std::iter::once(self.program.display().to_string()).chain(arguments).collect()
    }

    /// The peak memory of the command that filled a store, in bytes.
    pub fn peak_of_filling(&self, size: usize) -> u64 {
        let filled = self.filled.iter().find(|(filled, _)| *filled == size);
        filled.map_or(0, |(_, peak)| *peak)
    }

    /// All that a command with the store of this size sees.
    pub fn environment(&self, size: usize) -> Vec<(String, String)> {
        let home = self.home(size).display().to_string();
        vec![("CONNHUB_HOME".to_owned(), home), (KEY.0.to_owned(), KEY.1.to_owned())]
    }

    fn home(&self, size: usize) -> PathBuf {
        self.folder.join(format!("home-{size}"))
    }

    /// Fills a store, and lets every connector be compiled: what is counted finds the result in the cache.
    fn fill(&mut self, size: usize, kubeconfig: &Path) -> Result<()> {
        let home = self.home(size);
        fs_err::create_dir_all(&home)?;
        fs_err::write(home.join("plugins.toml"), bench::plugins(kubeconfig))?;
        fs_err::write(self.manifest(size), bench::manifest(size))?;
        let apply = self.words(&["apply", "--quiet", "-f", MANIFEST], size);
        let peak = bench::once(&apply, &self.environment(size))?.peak_kib << 10;
        self.filled.push((size, peak));
        if size == SMALL {
            let list = self.words(&["list", "--backend", "all"], size);
            bench::once(&list, &self.environment(size))?;
        }
        Ok(())
    }

    fn manifest(&self, size: usize) -> PathBuf {
        self.folder.join(format!("connections-{size}.yaml"))
    }
}
