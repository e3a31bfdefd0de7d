//! `kill -9` at random points: what was acknowledged is there, everything else is absent or whole.

use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

use super::*;

const OPERATIONS: usize = 200;

/// Numbers that are random enough for choosing what to do and when to kill.
struct Dice(u64);

impl Dice {
    fn new() -> Self {
        Self(RandomState::new().hash_one(0) | 1)
    }

    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % limit as u64).unwrap()
    }
}

/// One write: what was there and what it puts there; none is no connection.
struct Write {
    name: String,
    before: Option<usize>,
    after: Option<usize>,
}

/// What is known to be stored.
struct Model {
    env: TestEnv,
    /// Versions alternate between these, so that a secret of the version before would be noticed.
    secrets: [String; 2],
    versions: BTreeMap<String, usize>,
    created: usize,
}

impl Model {
    fn new() -> Self {
        let env = TestEnv::new();
        let secrets = [env.secret("even"), env.secret("odd")];
        Self { env, secrets, versions: BTreeMap::new(), created: 0 }
    }

    fn secret(&self, version: usize) -> &str {
        &self.secrets[version % 2]
    }

    fn choose(&mut self, dice: &mut Dice) -> Write {
        let choice = dice.below(10);
        if choice < 4 || self.versions.is_empty() {
            self.created += 1;
            return Write { name: format!("c{}", self.created), before: None, after: Some(0) };
        }
        let chosen = dice.below(self.versions.len());
        let (name, version) = self.versions.iter().nth(chosen).unwrap();
        let after = (choice < 8).then_some(version + 1);
        Write { name: name.clone(), before: Some(*version), after }
    }

    fn command(&self, write: &Write) -> Run<'_> {
        let name = write.name.as_str();
        match (write.before, write.after) {
            (None, Some(version)) => {
                create_in(&self.env, name, &format!("v{version}"), self.secret(version), &[])
            }
            (Some(_), Some(version)) => {
                let prefix = format!("prefix=v{version}");
                let words = ["update", name, &prefix, "secret_access_key=-"];
                self.env.command(words).stdin(self.secret(version))
            }
            (_, None) => self.env.command(["delete", name, "--yes"]),
        }
    }

    /// Takes over which of the allowed states was found.
    fn observe(&mut self, write: &Write, outcome: &Outcome) {
        let found = prefixes(&self.env);
        let version = found.get(&write.name).map(|prefix| prefix[1..].parse().unwrap());
        match outcome.code {
            0 => assert_eq!(version, write.after, "an acknowledged write is lost: {}", write.name),
            137 => assert!(version == write.before || version == write.after, "{outcome}"),
            code => panic!("exit code {code}\n{outcome}"),
        }
        match version {
            Some(version) => self.versions.insert(write.name.clone(), version),
            None => self.versions.remove(&write.name),
        };
        let expected = self.versions.iter().map(|(name, v)| (name.clone(), format!("v{v}")));
        assert_eq!(found, expected.collect(), "another connection changed");
        if let Some(version) = version {
            assert_whole(&self.env, &write.name, &format!("v{version}"), self.secret(version));
        }
    }
}

#[test]
fn every_acknowledged_write_survives_and_no_other_is_half_done() {
    let mut dice = Dice::new();
    let mut model = Model::new();
    let secret = model.secrets[0].clone();
    let mut usual = create(&model.env, "c0", &secret).run().succeeds().elapsed;
    model.versions.insert("c0".to_owned(), 0);
    let (mut killed, mut done_nevertheless) = (0, 0);
    for _ in 0..OPERATIONS {
        let write = model.choose(&mut dice);
        let running = model.command(&write).start();
        let outcome = if dice.below(4) == 0 {
            running.finish()
        } else {
            std::thread::sleep(usual.mul_f64(dice.below(1300) as f64 / 1000.0));
            running.kill()
        };
        if outcome.code == 0 {
            // How long a command takes changes with what else the machine does.
            usual = usual.min(outcome.elapsed) / 2 + outcome.elapsed / 2;
        }
        model.observe(&write, &outcome);
        killed += usize::from(outcome.code == 137);
        let done = model.versions.get(&write.name).copied() == write.after;
        done_nevertheless += usize::from(outcome.code == 137 && done);
    }
    assert!(killed > OPERATIONS / 4, "{killed} kills, {done_nevertheless} of them too late");
    assert!(usual < Duration::from_secs(5));
    // What connections were is whole, too, also in the store whose place for it a killed process was to make.
    model.env.run(["vault", "verify"]).succeeds();
}
