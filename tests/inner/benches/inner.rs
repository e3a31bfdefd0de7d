//! Times of the parts, and instead counts where the words say so: `count NAME TIMES` does one thing so often and nothing else, so that two runs
//! under valgrind differ by it alone. `cargo xtask bench --inner` does both.

use connhub_inner::{Local, Manifest, Masked, Ruled, Scrubbed};
use divan::Bencher;

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    match words.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["count", name, times, ..] => count(name, times.parse().expect("TIMES is a number")),
        _ => divan::main(),
    }
}

/// Does what is called so, so often.
fn count(name: &str, times: usize) {
    let mut local = Local::new();
    let stored = local.stored();
    #[cfg(feature = "native")]
    let native = connhub_inner::Native::new();
    for _ in 0..times {
        let done = match name {
            "list" => local.list(),
            "store" => stored.scan(),
            #[cfg(feature = "native")]
            "native-list" => native.list(),
            #[cfg(feature = "native")]
            "native-store" => native.scan(),
            "describe" => local.describe(),
            _ => panic!("nothing is called `{name}`"),
        };
        divan::black_box(done);
    }
}

#[divan::bench]
fn link(bencher: Bencher<'_, '_>) {
    let local = Local::new();
    bencher.bench_local(|| local.link());
}

#[divan::bench]
fn instantiate(bencher: Bencher<'_, '_>) {
    let mut local = Local::new();
    bencher.bench_local(|| local.describe());
}

#[divan::bench]
fn hot_call(bencher: Bencher<'_, '_>) {
    let mut local = Local::new();
    bencher.bench_local(|| local.get());
}

#[divan::bench]
fn list_page(bencher: Bencher<'_, '_>) {
    let mut local = Local::new();
    bencher.bench_local(|| local.list());
}

#[divan::bench]
fn list_page_store_alone(bencher: Bencher<'_, '_>) {
    let local = Local::new();
    let stored = local.stored();
    bencher.bench_local(|| stored.scan());
}

#[divan::bench]
fn open(bencher: Bencher<'_, '_>) {
    let local = Local::new();
    let stored = local.stored();
    bencher.bench_local(|| stored.open());
}

#[divan::bench(sample_count = 50, sample_size = 20)]
fn seal(bencher: Bencher<'_, '_>) {
    let local = Local::new();
    let mut stored = local.stored();
    stored.begin();
    bencher.bench_local(|| stored.seal());
}

#[divan::bench]
fn mask(bencher: Bencher<'_, '_>) {
    let masked = Masked::new();
    bencher.bench_local(|| masked.run());
}

#[divan::bench]
fn scrub(bencher: Bencher<'_, '_>) {
    let scrubbed = Scrubbed::new();
    bencher.bench_local(|| scrubbed.run());
}

#[divan::bench]
fn parse(bencher: Bencher<'_, '_>) {
    let manifest = Manifest::new();
    bencher.bench_local(|| manifest.run());
}

#[divan::bench(args = ["/api/v1/namespaces/demo/secrets/one", "/api/v1/nodes"])]
fn policy_check(bencher: Bencher<'_, '_>, path: &str) {
    let ruled = Ruled::new();
    bencher.bench_local(|| ruled.run(divan::black_box(path)));
}

/// The connector of the local store in native code: what is left of a list without the sandbox and its border.
#[cfg(feature = "native")]
mod native {
    use connhub_inner::Native;
    use divan::Bencher;

    #[divan::bench]
    fn list_page(bencher: Bencher<'_, '_>) {
        let native = Native::new();
        bencher.bench_local(|| native.list());
    }

    #[divan::bench]
    fn list_page_store_alone(bencher: Bencher<'_, '_>) {
        let native = Native::new();
        bencher.bench_local(|| native.scan());
    }
}
