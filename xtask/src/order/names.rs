//! Functions without what differs between builds: the list that is kept in the repository.

use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::{BTreeSet, HashMap};

/// A function by name and size in bytes. Functions of many types have one name; the size tells most of them apart.
pub type Function<'a> = (&'a str, u64);

/// Marks what the compiler adds when it moves functions between units: `.llvm.` and a number.
const MOVED: &str = ".llvm.";
/// The end of a name in the older way of mangling: the length of the hash, `h`, 16 digits, and `E`.
const HASH: &str = "17h";
const HASH_LENGTH: usize = HASH.len() + 16 + "E".len();
/// What is a number from here to the next `_` in the newer way: the hash of a crate, and a place in the name, which moves with the hashes.
const NUMBERS: [&str; 2] = ["Cs", "B"];

/// The name of a symbol without the parts that differ from build to build.
pub fn stable(symbol: &str) -> Cow<'_, str> {
    let name = symbol.split_once(MOVED).map_or(symbol, |(name, _)| name);
    if name.starts_with("_R") {
        return without_numbers(name).into();
    }
    let end = name.len().checked_sub(HASH_LENGTH).filter(|_| name.starts_with("_ZN"));
    let end = end.filter(|end| name.get(*end..).is_some_and(|hash| hash.starts_with(HASH)));
    name[..end.unwrap_or(name.len())].into()
}

/// Cuts identifiers that look like numbers too, which does not matter: all names are cut alike.
fn without_numbers(name: &str) -> String {
    let mut kept = String::with_capacity(name.len());
    let mut rest = name;
    while let Some(next) = rest.chars().next() {
        let mark = NUMBERS.into_iter().find(|mark| rest.starts_with(mark));
        let number = mark.and_then(|mark| number_after(rest, mark));
        let (text, after) = number.unwrap_or_else(|| rest.split_at(next.len_utf8()));
        kept.push_str(text);
        rest = after;
    }
    kept
}

/// The mark at the beginning, and what follows the number behind it.
fn number_after<'a>(text: &'a str, mark: &str) -> Option<(&'a str, &'a str)> {
    let (number, after) = text[mark.len()..].split_once('_')?;
    number.bytes().all(|byte| byte.is_ascii_alphanumeric()).then(|| (&text[..mark.len()], after))
}

/// Who runs a function.
struct Users {
    /// A bit for each command.
    commands: u64,
    /// Where it ran first: the command, and the place in it.
    first: (usize, usize),
    sizes: BTreeSet<u64>,
}

impl Users {
    fn first(command: usize, position: usize) -> Self {
        Self { commands: 0, first: (command, position), sizes: BTreeSet::new() }
    }
}

/// Functions that belong together in memory, those that most commands run first.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Names {
    /// Name and sizes, in the order of the list.
    lines: Vec<(String, BTreeSet<u64>)>,
}

impl Names {
    /// Orders what several commands ran: the more commands run a function, the further ahead it is; then in the order in which they ran.
    pub fn of_commands(commands: &[Vec<Function<'_>>]) -> Self {
        let mut users: HashMap<Cow<'_, str>, Users> = HashMap::new();
        for (command, functions) in commands.iter().enumerate() {
            for (position, (name, size)) in functions.iter().enumerate() {
                let entry =
                    users.entry(stable(name)).or_insert_with(|| Users::first(command, position));
                entry.commands |= 1 << command;
                entry.sizes.insert(*size);
            }
        }
        let mut lines: Vec<_> = users.into_iter().collect();
        // What the same commands run stands together.
        lines.sort_by_key(|(_, of)| (Reverse(of.commands.count_ones()), of.commands, of.first));
        Self { lines: lines.into_iter().map(|(name, of)| (name.into_owned(), of.sizes)).collect() }
    }

    /// Reads the list: a line for each name, the sizes behind it. Lines that begin with `#` are comments.
    pub fn parse(text: &str) -> Self {
        let line = |line: &str| {
            let mut words = line.split_whitespace();
            let name = words.next().filter(|name| !name.starts_with('#'))?;
            Some((name.to_owned(), words.filter_map(|size| size.parse().ok()).collect()))
        };
        Self { lines: text.lines().filter_map(line).collect() }
    }

    /// The list as [`Names::parse`] reads it.
    pub fn text(&self) -> String {
        let mut text = String::new();
        for (name, sizes) in &self.lines {
            text.push_str(name);
            for size in sizes {
                text.push_str(&format!(" {size}"));
            }
            text.push('\n');
        }
        text
    }

    /// The symbols of a build that the list means, in its order.
    ///
    /// Of functions with one name those of a size in the list are meant. A size that none has any more means the one that comes closest, since
    /// code changes.
    pub fn symbols<'a>(&self, build: impl Iterator<Item = Function<'a>>) -> Vec<&'a str> {
        let mut named: HashMap<Cow<'a, str>, Vec<Function<'a>>> = HashMap::new();
        for (symbol, size) in build {
            named.entry(stable(symbol)).or_default().push((symbol, size));
        }
        let mut found = Vec::new();
        for (name, sizes) in &self.lines {
            found.extend(named.get(name.as_str()).into_iter().flat_map(|of| meant(of, sizes)));
        }
        found
    }
}

fn meant<'a>(candidates: &[Function<'a>], sizes: &BTreeSet<u64>) -> Vec<&'a str> {
    let (fitting, mut others): (Vec<Function<'a>>, Vec<_>) =
        candidates.iter().partition(|(_, size)| sizes.contains(size));
    let is_gone = |wanted: &&u64| fitting.iter().all(|(_, size)| size != *wanted);
    let mut found: Vec<_> = fitting.iter().map(|(symbol, _)| *symbol).collect();
    for wanted in sizes.iter().filter(is_gone) {
        let closest = (0..others.len()).min_by_key(|place| others[*place].1.abs_diff(*wanted));
        found.extend(closest.map(|place| others.swap_remove(place).0));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    const PUSH: &str = "_ZN5alloc3vec4push17h0123456789abcdefE";

    #[test]
    fn what_differs_between_builds_is_cut_off() {
        let check = |symbol, expected| assert_eq!(stable(symbol), expected);
        check(PUSH, "_ZN5alloc3vec4push");
        check("_ZN5alloc3vec4push17h0123456789abcdefE.llvm.4711", "_ZN5alloc3vec4push");
        check(
            "_RNvNtCs6d7GoaNTBIz_10std_detect6detectB4_3avxCsz_3app",
            "_RNvNtCs10std_detect6detectB3avxCs3app",
        );
        check("sqlite3_step", "sqlite3_step");
        check("17h0123456789abcdefE", "17h0123456789abcdefE");
        check("", "");
    }

    #[test]
    fn what_most_commands_run_is_first_and_stays_so_in_the_file() {
        let commands = [vec![("z", 1), ("b", 2), ("a", 1)], vec![("b", 3), ("c", 4)]];
        let names = Names::of_commands(&commands);
        assert_eq!(names.text(), "b 2 3\nz 1\na 1\nc 4\n");
        assert_eq!(Names::parse(&format!("# comment\n\n{}", names.text())), names);
    }

    #[test]
    fn a_function_is_found_by_name_and_size() {
        let other = "_ZN5alloc3vec4push17hfedcba9876543210E";
        let check = |list: &str, expected: &[&str]| {
            let build = [(PUSH, 10), (other, 20), ("main", 5)];
            assert_eq!(Names::parse(list).symbols(build.into_iter()), expected, "{list}");
        };
        check("main 5\n_ZN5alloc3vec4push 20", &["main", other]);
        check("_ZN5alloc3vec4push 10 20", &[PUSH, other]);
        // Another size by now: the closest is meant, but none twice.
        check("main 7", &["main"]);
        check("_ZN5alloc3vec4push 30", &[other]);
        check("_ZN5alloc3vec4push 10 11", &[PUSH, other]);
        check("main 5 6 7", &["main"]);
        check("gone 1", &[]);
    }
}
