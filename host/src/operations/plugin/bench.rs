//! What a connector costs: compiling, loading, linking, and calls.

use std::time::{Duration, Instant};

use super::trial::scratch::{scratch_folder, scratch_store};
use super::trial::stop::Stop;
use super::trial::{Chosen, Place};
use crate::model::{Error, Filter, Operation};
use crate::plugins::Plugins;

/// No step is measured more often than this, however fast it is.
const MOST: usize = 10_000;
/// Compiling takes long, and always the same.
const MOST_COMPILED: usize = 5;
/// The first runs of a step meet cold caches, and do not count.
const WARM_UP: usize = 2;
/// How many connections a page has.
const PAGE: u32 = 100;

/// What is to be measured.
pub struct BenchOrder {
    /// The component and its place.
    pub chosen: Chosen,
    /// The scope to work in.
    pub scope: Option<String>,
    /// How long each step may take in all.
    pub time: Duration,
}

/// A step that is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// From the component to machine code: once per version of a component.
    Compile,
    /// Reading and hashing the component, and its compiled form from the cache: once per command.
    Load,
    /// Making the connector ready to be called: once per command.
    Link,
    /// A call that asks nobody: a fresh sandbox, and the way there and back.
    Describe,
    /// A page of connections from the backend.
    List,
    /// One connection from the backend.
    Get,
}

impl Step {
    /// Its stable name.
    pub fn word(self) -> &'static str {
        match self {
            Self::Compile => "compile",
            Self::Load => "load",
            Self::Link => "link",
            Self::Describe => "describe",
            Self::List => "list",
            Self::Get => "get",
        }
    }
}

/// How long a step took, each time.
#[derive(Clone, Debug)]
pub struct Pace {
    /// The step.
    pub step: Step,
    /// Never empty, the shortest first.
    times: Vec<Duration>,
}

impl Pace {
    fn new(step: Step, mut times: Vec<Duration>) -> Self {
        times.sort_unstable();
        Self { step, times }
    }

    /// How often it was measured.
    pub fn samples(&self) -> usize {
        self.times.len()
    }

    /// Half of the times were shorter.
    pub fn median(&self) -> Duration {
        self.at(50)
    }

    /// All but a twentieth of the times were shorter.
    pub fn p95(&self) -> Duration {
        self.at(95)
    }

    fn at(&self, percent: usize) -> Duration {
        let last = self.times.len().saturating_sub(1);
        self.times.get(last * percent / 100).copied().unwrap_or_default()
    }
}

/// What was found out.
pub struct Benched {
    /// The connector.
    pub connector: String,
    /// The backend, if there was one.
    pub backend: Option<String>,
    /// Bytes of the component.
    pub component: u64,
    /// Bytes of its compiled form.
    pub compiled: u64,
    /// Bytes of memory that the sandbox gave to the call that took most.
    pub memory: usize,
    /// Each step.
    pub paces: Vec<Pace>,
    /// Why the backend could not be measured to the end.
    pub failed: Option<Error>,
}

/// Measures each step by itself. Nothing is written to a backend, and no folder is left, also after a signal.
///
/// # Errors
/// The connector cannot be started, or a signal came. What a backend answers is no error: see [`Benched::failed`].
pub async fn bench(plugins: &Plugins, order: BenchOrder) -> Result<Benched, Error> {
    let mut stop = Stop::of(plugins)?;
    let measured = tokio::select! {
        biased;
        () = stop.wait() => return Err(Stop::error()),
        measured = measure(plugins, order) => measured,
    };
    match measured {
        // The same Ctrl-C ends a process that compiles.
        Err(_) if stop.has_come().await => Err(Stop::error()),
        measured => measured,
    }
}

async fn measure(plugins: &Plugins, order: BenchOrder) -> Result<Benched, Error> {
    let connector = &order.chosen.connector;
    let mut benched = Benched {
        connector: connector.name.clone(),
        backend: order.chosen.place.backend().map(|backend| backend.name.clone()),
        component: 0,
        compiled: 0,
        memory: 0,
        paces: Vec::new(),
        failed: None,
    };
    let compile = sample(order.time, MOST_COMPILED, 0, || {
        let folder = scratch_folder()?;
        benched.compiled = plugins.compile_anew(connector, folder.path())?;
        Ok(())
    })
    .await?;
    let loaded = plugins.load(connector)?;
    benched.component = loaded.size;
    let load = sample(order.time, MOST, WARM_UP, || plugins.load(connector).map(drop)).await?;
    let link =
        sample(order.time, MOST, WARM_UP, || plugins.link(connector, &loaded).map(drop)).await?;
    benched.paces.extend([
        Pace::new(Step::Compile, compile),
        Pace::new(Step::Load, load),
        Pace::new(Step::Link, link),
    ]);
    let mut bare = plugins.link(connector, &loaded)?;
    let mut times = Watch::new(order.time);
    while times.goes_on().await {
        times.take(bare.describe().await)?;
    }
    benched.memory = bare.usage().memory;
    benched.paces.push(times.pace(Step::Describe));
    if let Err(error) = read(plugins, &order, &mut benched).await {
        benched.failed = Some(error);
    }
    Ok(benched)
}

/// Measures what only reads from the backend.
async fn read(plugins: &Plugins, order: &BenchOrder, benched: &mut Benched) -> Result<(), Error> {
    let Some(place) = order.chosen.place.backend() else { return Ok(()) };
    let scratch = match order.chosen.place {
        Place::Scratch(_) => Some(scratch_folder()?),
        Place::Backend(_) | Place::Recording(_) | Place::Nowhere => None,
    };
    let vault = scratch.as_ref().map(scratch_store);
    let mut backend = plugins.open_with(place, &order.chosen.connector, vault)?;
    let target = backend.target(order.scope.as_deref())?;
    let offered = backend.connector.describe().await?.operations;
    if !offered.contains(&Operation::List) {
        return Ok(());
    }
    let (mut times, mut name) = (Watch::new(order.time), None);
    while times.goes_on().await {
        let page = backend.connector.list(&target, &Filter::default(), None, PAGE).await;
        name = times.take(page)?.items.into_iter().next().map(|item| item.name);
        benched.memory = benched.memory.max(backend.connector.usage().memory);
    }
    benched.paces.push(times.pace(Step::List));
    let Some(name) = name.filter(|_| offered.contains(&Operation::Get)) else { return Ok(()) };
    let mut times = Watch::new(order.time);
    while times.goes_on().await {
        times.take(backend.connector.get(&target, &name).await)?;
        benched.memory = benched.memory.max(backend.connector.usage().memory);
    }
    benched.paces.push(times.pace(Step::Get));
    Ok(())
}

/// Times a step until its time is over: once at least, and `most` times at most. The first `warm_up` do not count.
async fn sample(
    time: Duration,
    most: usize,
    warm_up: usize,
    mut step: impl FnMut() -> Result<(), Error>,
) -> Result<Vec<Duration>, Error> {
    let mut watch = Watch { most, warm_up, ..Watch::new(time) };
    while watch.goes_on().await {
        watch.take(step())?;
    }
    Ok(watch.times)
}

/// Times runs that follow each other.
struct Watch {
    end: Instant,
    most: usize,
    warm_up: usize,
    begun: Instant,
    times: Vec<Duration>,
}

impl Watch {
    fn new(time: Duration) -> Self {
        let now = Instant::now();
        Self { end: now + time, most: MOST, warm_up: WARM_UP, begun: now, times: Vec::new() }
    }

    /// Whether there is to be another run, which begins now. Before it others have their turn: whoever waits for signals.
    async fn goes_on(&mut self) -> bool {
        tokio::task::yield_now().await;
        self.begun = Instant::now();
        self.times.is_empty() || (self.begun < self.end && self.times.len() < self.most)
    }

    /// Ends a run, and passes on what came of it.
    fn take<T>(&mut self, result: Result<T, Error>) -> Result<T, Error> {
        let taken = self.begun.elapsed();
        match self.warm_up.checked_sub(1) {
            Some(left) => self.warm_up = left,
            None => self.times.push(taken),
        }
        result
    }

    fn pace(self, step: Step) -> Pace {
        Pace::new(step, self.times)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_and_a_twentieth_of_the_times_are_longer() {
        let times = (1..=100).rev().map(Duration::from_millis).collect();
        let pace = Pace::new(Step::List, times);
        assert_eq!(pace.samples(), 100);
        assert_eq!(pace.median(), Duration::from_millis(50));
        assert_eq!(pace.p95(), Duration::from_millis(95));
        let one = Pace::new(Step::List, vec![Duration::from_millis(7)]);
        assert_eq!((one.median(), one.p95()), (one.p95(), Duration::from_millis(7)));
    }

    #[tokio::test]
    async fn a_step_runs_once_at_least_and_so_often_at_most() {
        let mut runs = 0;
        let times = sample(Duration::ZERO, 5, 2, || {
            runs += 1;
            Ok(())
        })
        .await;
        assert_eq!((times.unwrap().len(), runs), (1, 3));
        let times = sample(Duration::from_secs(600), 5, 0, || Ok(())).await;
        assert_eq!(times.unwrap().len(), 5);
        assert!(sample(Duration::ZERO, 5, 2, || Err(Error::invalid("no"))).await.is_err());
    }
}
