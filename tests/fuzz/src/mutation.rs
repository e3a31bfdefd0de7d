//! Changes of inputs for the short run: the same on every machine, so that a failure can be repeated.

/// Makes inputs out of others.
pub struct Mutator<'a> {
    state: u64,
    words: &'a [&'a str],
}

impl<'a> Mutator<'a> {
    /// The same seed makes the same changes.
    pub fn new(seed: &str, words: &'a [&'a str]) -> Self {
        Self { state: hash(seed.as_bytes()) | 1, words }
    }

    /// Any one of them.
    pub fn choose<'t, T>(&mut self, from: &'t [T]) -> Option<&'t T> {
        let index = self.below(from.len());
        from.get(index)
    }

    /// One to eight changes of an input; `other` lends it a part.
    pub fn change(&mut self, input: &[u8], other: &[u8]) -> Vec<u8> {
        let mut bytes = input.to_vec();
        for _ in 0..=self.below(8) {
            self.step(&mut bytes, other);
        }
        bytes
    }

    fn step(&mut self, bytes: &mut Vec<u8>, other: &[u8]) {
        let at = self.below(bytes.len() + 1);
        let end = at + self.below((bytes.len() - at).min(32) + 1);
        match self.below(7) {
            0 if at < bytes.len() => bytes[at] ^= 1 << self.below(8),
            1 if at < bytes.len() => bytes[at] = self.next() as u8,
            2 => drop(bytes.drain(at..end)),
            3 => {
                let copy = bytes[at..end].to_vec();
                drop(bytes.splice(at..at, copy));
            }
            4 => {
                let from = self.below(other.len() + 1);
                let to = from + self.below((other.len() - from).min(64) + 1);
                drop(bytes.splice(at..end, other[from..to].iter().copied()));
            }
            5 if !self.words.is_empty() => {
                let word = self.words[self.below(self.words.len())];
                drop(bytes.splice(at..at, word.bytes()));
            }
            _ => bytes.insert(at, self.next() as u8),
        }
    }

    fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound.max(1) as u64) as usize
    }

    /// xorshift64*.
    fn next(&mut self) -> u64 {
        self.state ^= self.state >> 12;
        self.state ^= self.state << 25;
        self.state ^= self.state >> 27;
        self.state.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 16
    }
}

/// FNV-1a.
pub(crate) fn hash(bytes: &[u8]) -> u64 {
    let step = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, step)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn changes_are_many_and_the_same_each_time() {
        let made = || {
            let mut mutator = Mutator::new("seed", &["word"]);
            (0..1000).map(|_| mutator.change(b"an input", b"another")).collect::<Vec<_>>()
        };
        let (once, mut again) = (made(), made());
        assert_eq!(once, again);
        assert!(once.iter().any(|bytes| bytes.windows(4).any(|part| part == b"word")));
        again.sort();
        again.dedup();
        assert!(again.len() > 900, "{}", again.len());
    }
}
