//! JSON pointers with wildcards, and sets of them that are followed while a document streams by.

use std::collections::BTreeMap;
use std::fmt;

/// The most patterns in one set. Some of them come from a connector, so the work that they cause is bounded.
pub const MAX_PATTERNS: usize = 128;

/// The most steps in one pattern. JSON that is nested deeper is refused anyway.
const MAX_STEPS: usize = 32;

/// The most states of a set. Overlapping wildcards multiply states.
const MAX_STATES: usize = 4096;

/// A JSON pointer (RFC 6901) in which `*` stands for any one member or element. `~0` is `~`, `~1` is `/`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PointerPattern {
    text: String,
    steps: Vec<Step>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Step {
    Any,
    Named(String),
}

impl PointerPattern {
    /// Parses a pattern such as `/items/*/data/*`.
    ///
    /// # Errors
    /// Says what is wrong with the pattern.
    pub fn parse(text: &str) -> Result<Self, BadPointer> {
        let bad = |problem| BadPointer::Pattern { pattern: text.to_owned(), problem };
        let Some(rest) = text.strip_prefix('/') else {
            return Err(bad("it must start with `/`"));
        };
        let steps: Vec<_> = rest
            .split('/')
            .map(|step| match step {
                "*" => Some(Step::Any),
                _ => unescape(step).map(Step::Named),
            })
            .collect::<Option<_>>()
            .ok_or_else(|| bad("`~` must be written `~0`, and `/` in a name `~1`"))?;
        if steps.len() > MAX_STEPS {
            return Err(bad("it has more than 32 steps"));
        }
        Ok(Self { text: text.to_owned(), steps })
    }

    /// Whether everything that another pattern matches is at, or below, what this one matches.
    pub fn covers(&self, other: &Self) -> bool {
        let is_wide = |(own, other): (&Step, &Step)| *own == Step::Any || own == other;
        self.steps.len() <= other.steps.len() && self.steps.iter().zip(&other.steps).all(is_wide)
    }

    /// How many steps it has.
    pub fn depth(&self) -> usize {
        self.steps.len()
    }

    /// Whether there can be a place that both match.
    pub fn meets(&self, other: &Self) -> bool {
        let may_be_same =
            |(own, other): (&Step, &Step)| *own == Step::Any || *other == Step::Any || own == other;
        self.steps.len() == other.steps.len()
            && self.steps.iter().zip(&other.steps).all(may_be_same)
    }

    /// Whether it matches just the place of a pointer without wildcards.
    pub fn matches(&self, pointer: &str) -> bool {
        let mut steps = pointer.split('/').skip(1);
        let is_same = |own: &Step| {
            let step = steps.next().and_then(unescape);
            step.is_some_and(|step| *own == Step::Any || *own == Step::Named(step))
        };
        self.steps.iter().all(is_same) && steps.next().is_none()
    }

    /// Whether a place of this name can be one that it matches.
    pub fn ends_with(&self, name: &str) -> bool {
        self.is_last(name) || self.steps.last() == Some(&Step::Any)
    }

    /// Whether this name is its last step.
    pub fn is_last(&self, name: &str) -> bool {
        matches!(self.steps.last(), Some(Step::Named(own)) if own == name)
    }

    /// The pattern as it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl fmt::Display for PointerPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// A pattern, or a set of them, that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadPointer {
    /// It is not a JSON pointer.
    #[error("`{pattern}` is not a JSON pointer: {problem}")]
    Pattern {
        /// The text.
        pattern: String,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// There are too many, or they overlap too much.
    #[error("there are more than {MAX_PATTERNS} JSON pointers, or their `*` overlap too often")]
    TooMany,
}

/// A place in a [`PointerSet`], reached by following a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place(u32);

/// Several patterns, each with an action, compiled so that every member and element of a document takes one look-up.
#[derive(Clone, Debug)]
pub struct PointerSet<A> {
    states: Vec<State<A>>,
}

#[derive(Clone, Debug)]
struct State<A> {
    named: Vec<(String, Place)>,
    any: Option<Place>,
    action: Option<A>,
    below: Vec<A>,
}

impl<A: Copy + Ord> PointerSet<A> {
    /// Compiles the patterns. Where several end at one place the greatest action wins.
    ///
    /// # Errors
    /// Fails when there are too many patterns or they overlap too much.
    pub fn new<'p>(
        patterns: impl IntoIterator<Item = (&'p PointerPattern, A)>,
    ) -> Result<Self, BadPointer> {
        let patterns: Vec<_> = patterns.into_iter().take(MAX_PATTERNS + 1).collect();
        if patterns.len() > MAX_PATTERNS {
            return Err(BadPointer::TooMany);
        }
        Compiler { patterns: &patterns, known: BTreeMap::new(), states: Vec::new() }.compile()
    }

    /// Whether no pattern can match anything.
    pub fn is_empty(&self) -> bool {
        self.states.first().is_none_or(|root| root.named.is_empty() && root.any.is_none())
    }

    /// The place of the whole document.
    pub fn root(&self) -> Place {
        Place(0)
    }

    /// The place of a member; none if no pattern reaches it or anything below it.
    pub fn member(&self, place: Place, name: &str) -> Option<Place> {
        let state = self.state(place);
        let named = state.named.iter().find(|(own, _)| own == name);
        named.map(|(_, next)| *next).or(state.any)
    }

    /// The place of an element of an array.
    pub fn element(&self, place: Place, index: usize) -> Option<Place> {
        let state = self.state(place);
        if state.named.is_empty() {
            return state.any;
        }
        self.member(place, &index.to_string())
    }

    /// What is to be done with the value at this place.
    pub fn action(&self, place: Place) -> Option<A> {
        self.state(place).action
    }

    /// Whether a pattern with this action ends further down.
    pub fn is_above(&self, place: Place, action: A) -> bool {
        self.state(place).below.contains(&action)
    }

    /// What is to be done with the value at a pointer without wildcards.
    pub fn action_at<S: AsRef<str>>(&self, steps: &[S]) -> Option<A> {
        let follow = |place, step: &S| self.member(place, step.as_ref());
        self.action(steps.iter().try_fold(self.root(), follow)?)
    }

    fn state(&self, place: Place) -> &State<A> {
        &self.states[place.0 as usize]
    }
}

/// How far a pattern has been followed: its index and the number of its steps taken.
type Position = (usize, usize);

/// Turns patterns into states, one state for each set of positions that some document can reach.
struct Compiler<'c, A> {
    patterns: &'c [(&'c PointerPattern, A)],
    known: BTreeMap<Vec<Position>, Place>,
    states: Vec<State<A>>,
}

impl<A: Copy + Ord> Compiler<'_, A> {
    fn compile(mut self) -> Result<PointerSet<A>, BadPointer> {
        self.place((0..self.patterns.len()).map(|pattern| (pattern, 0)).collect())?;
        Ok(PointerSet { states: self.states })
    }

    fn place(&mut self, positions: Vec<Position>) -> Result<Place, BadPointer> {
        if let Some(place) = self.known.get(&positions) {
            return Ok(*place);
        }
        if self.states.len() == MAX_STATES {
            return Err(BadPointer::TooMany);
        }
        let place = Place(u32::try_from(self.states.len()).map_err(|_| BadPointer::TooMany)?);
        let (action, below) = self.actions(&positions);
        self.states.push(State { named: Vec::new(), any: None, action, below });
        self.known.insert(positions.clone(), place);
        let (named, any) = self.successors(&positions)?;
        let state = &mut self.states[place.0 as usize];
        (state.named, state.any) = (named, any);
        Ok(place)
    }

    fn successors(&mut self, positions: &[Position]) -> Result<Successors, BadPointer> {
        let mut names: Vec<_> = positions.iter().filter_map(|at| self.name(*at)).collect();
        names.sort_unstable();
        names.dedup();
        let mut named = Vec::with_capacity(names.len());
        for name in names {
            let next = self.step(positions, |step| match step {
                Step::Any => true,
                Step::Named(own) => *own == name,
            });
            named.push((name, self.place(next)?));
        }
        let next = self.step(positions, |step| *step == Step::Any);
        let any = if next.is_empty() { None } else { Some(self.place(next)?) };
        Ok((named, any))
    }

    fn step(&self, positions: &[Position], accepts: impl Fn(&Step) -> bool) -> Vec<Position> {
        let accepted = positions.iter().filter(|(pattern, taken)| {
            self.patterns[*pattern].0.steps.get(*taken).is_some_and(&accepts)
        });
        accepted.map(|(pattern, taken)| (*pattern, taken + 1)).collect()
    }

    fn name(&self, (pattern, taken): Position) -> Option<String> {
        match self.patterns[pattern].0.steps.get(taken)? {
            Step::Any => None,
            Step::Named(name) => Some(name.clone()),
        }
    }

    /// The action of the patterns that end here, and those of the patterns that go on.
    fn actions(&self, positions: &[Position]) -> (Option<A>, Vec<A>) {
        let (done, going): (Vec<_>, Vec<_>) = positions
            .iter()
            .map(|(pattern, taken)| (&self.patterns[*pattern], taken))
            .partition(|((pattern, _), taken)| pattern.steps.len() == **taken);
        let mut below: Vec<_> = going.into_iter().map(|((_, action), _)| *action).collect();
        below.sort_unstable();
        below.dedup();
        (done.into_iter().map(|((_, action), _)| *action).max(), below)
    }
}

/// The named successors of a state, and the one for every other name.
type Successors = (Vec<(String, Place)>, Option<Place>);

/// Appends a step to a pointer, escaped.
pub fn push_step(pointer: &mut String, step: &str) {
    pointer.push('/');
    for c in step.chars() {
        match c {
            '~' => pointer.push_str("~0"),
            '/' => pointer.push_str("~1"),
            _ => pointer.push(c),
        }
    }
}

fn unescape(step: &str) -> Option<String> {
    let mut plain = String::with_capacity(step.len());
    let mut characters = step.chars();
    while let Some(c) = characters.next() {
        plain.push(match c {
            '~' => match characters.next()? {
                '0' => '~',
                '1' => '/',
                _ => return None,
            },
            _ => c,
        });
    }
    Some(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(patterns: &[(&str, u8)]) -> Result<PointerSet<u8>, BadPointer> {
        let parsed: Vec<_> = patterns
            .iter()
            .map(|(text, action)| PointerPattern::parse(text).map(|pattern| (pattern, *action)))
            .collect::<Result<_, _>>()?;
        PointerSet::new(parsed.iter().map(|(pattern, action)| (pattern, *action)))
    }

    fn check(patterns: &[(&str, u8)], steps: &[&str], expected: Option<u8>) {
        let set = set(patterns).unwrap();
        assert_eq!(set.action_at(steps), expected, "{patterns:?} at {steps:?}");
    }

    #[test]
    fn a_star_matches_one_step() {
        let data = [("/items/*/data/*", 1)];
        check(&data, &["items", "0", "data", "k"], Some(1));
        check(&data, &["items", "0", "data"], None);
        check(&data, &["items", "0", "data", "k", "x"], None);
        check(&data, &["items", "data", "k"], None);
        check(&data, &["items", "0", "metadata", "k"], None);
    }

    #[test]
    fn overlapping_patterns_are_all_followed() {
        let both = [("/a/*/x", 1), ("/*/b/y", 2), ("/a/b/*", 3)];
        check(&both, &["a", "b", "x"], Some(3));
        check(&both, &["a", "b", "y"], Some(3));
        check(&both, &["a", "c", "x"], Some(1));
        check(&both, &["c", "b", "y"], Some(2));
        check(&both, &["c", "b", "x"], None);
    }

    #[test]
    fn the_greatest_action_wins() {
        check(&[("/a", 1), ("/*", 2)], &["a"], Some(2));
        check(&[("/a", 2), ("/*", 1)], &["a"], Some(2));
        check(&[("/a", 2), ("/*", 1)], &["b"], Some(1));
    }

    #[test]
    fn a_place_knows_what_is_below_it() {
        let set = set(&[("/a/b", 1), ("/a/*/c", 2)]).unwrap();
        let a = set.member(set.root(), "a").unwrap();
        assert!(set.is_above(a, 1) && set.is_above(a, 2));
        let b = set.member(a, "b").unwrap();
        assert!(!set.is_above(b, 1) && set.is_above(b, 2));
    }

    #[test]
    fn escapes_are_those_of_rfc_6901() {
        let pattern = "/metadata/annotations/kubectl.kubernetes.io~1last-applied-configuration";
        check(
            &[(pattern, 1)],
            &["metadata", "annotations", "kubectl.kubernetes.io/last-applied-configuration"],
            Some(1),
        );
        check(&[("/~01", 1)], &["~1"], Some(1));
        check(&[("/", 1)], &[""], Some(1));
        let mut pointer = String::new();
        push_step(&mut pointer, "a/b~c");
        assert_eq!(pointer, "/a~1b~0c");
    }

    #[test]
    fn elements_are_found_by_index() {
        let set = set(&[("/a/1/b", 1), ("/c/*", 2)]).unwrap();
        let a = set.member(set.root(), "a").unwrap();
        assert_eq!(set.element(a, 0), None);
        assert!(set.element(a, 1).is_some());
        let c = set.member(set.root(), "c").unwrap();
        assert_eq!(set.action(set.element(c, 7).unwrap()), Some(2));
    }

    #[test]
    fn what_is_not_a_pointer_is_refused() {
        for text in ["", "a", "a/b", "/a~", "/a~2", "*"] {
            assert!(PointerPattern::parse(text).is_err(), "`{text}`");
        }
        assert!(PointerPattern::parse(&"/a".repeat(MAX_STEPS + 1)).is_err());
    }

    #[test]
    fn hostile_sets_are_bounded() {
        let many: Vec<_> = (0..=MAX_PATTERNS).map(|n| format!("/{n}")).collect();
        let many: Vec<_> = many.iter().map(|text| (text.as_str(), 1)).collect();
        assert_eq!(set(&many).unwrap_err(), BadPointer::TooMany);
        // Twenty patterns that differ in the place of one name reach a million sets of positions.
        let overlapping: Vec<_> = (0..20)
            .map(|at| (0..20).map(|n| if n == at { "/a" } else { "/*" }).collect::<String>())
            .collect();
        let overlapping: Vec<_> = overlapping.iter().map(|text| (text.as_str(), 1)).collect();
        assert_eq!(set(&overlapping).unwrap_err(), BadPointer::TooMany);
    }

    #[test]
    fn a_set_without_patterns_is_empty() {
        assert!(set(&[]).unwrap().is_empty());
        assert!(!set(&[("/a", 1)]).unwrap().is_empty());
    }
}
