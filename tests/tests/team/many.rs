//! Many processes at once, on two stores of one database.

use super::*;

const PROCESSES: usize = 16;
const CREATES: usize = 10_000;

#[test]
fn sixteen_processes_on_two_stores_lose_nothing() {
    let team = Team::new();
    let homes = ["one", "two"].map(|schema| {
        let home = team.env.folder(schema);
        fs_err::write(home.join("plugins.toml"), team.settings(schema, "", "")).unwrap();
        home
    });
    let each = CREATES / PROCESSES;
    let running: Vec<_> = (0..PROCESSES)
        .map(|number| {
            let prefix = format!("p{number}");
            let file = team.env.file(&format!("{prefix}.yaml"), manifests(&prefix, each));
            let words = ["apply", "-f", file.to_str().unwrap(), "-q"];
            team.env.command(words).at_home(&homes[number % 2]).start()
        })
        .collect();
    for process in running {
        process.finish().succeeds();
    }
    let mut all = Vec::new();
    for home in &homes {
        let listed = team.env.command(["list", "-o", "name"]).at_home(home).run().succeeds();
        assert_eq!(listed.stdout.lines().count(), CREATES / 2);
        all.extend(names(&listed));
        team.env.command(["vault", "verify"]).at_home(home).run().succeeds();
    }
    all.sort();
    all.dedup();
    assert_eq!(all.len(), CREATES);
}
