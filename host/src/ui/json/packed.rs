//! Items of a list that wait for their place.

use std::io;

use serde::ser::SerializeSeq;
use serde::{Serialize, Serializer};
use serde_json::Deserializer;
use serde_transcode::Transcoder;

/// Items that are kept as text until all are there and their order is known: that takes a quarter of the memory that connections take.
#[derive(Default)]
pub struct PackedItems {
    /// All items in one piece, as JSON.
    text: Vec<u8>,
    ends: Vec<usize>,
    order: Vec<usize>,
}

impl PackedItems {
    /// Adds one more item.
    ///
    /// # Errors
    /// It has no form in JSON.
    pub fn add(&mut self, item: &impl Serialize) -> io::Result<()> {
        serde_json::to_writer(&mut self.text, item)?;
        self.order.push(self.ends.len());
        self.ends.push(self.text.len());
        Ok(())
    }

    /// Puts the items with these numbers in this order. The first that was added has the number 0.
    pub fn arrange(&mut self, order: Vec<usize>) {
        self.order = order;
    }

    fn item(&self, number: usize) -> &[u8] {
        let start = number.checked_sub(1).map_or(0, |before| self.ends[before]);
        &self.text[start..self.ends[number]]
    }
}

impl Serialize for PackedItems {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut items = serializer.serialize_seq(Some(self.order.len()))?;
        for number in &self.order {
            let mut item = Deserializer::from_slice(self.item(*number));
            items.serialize_element(&Transcoder::new(&mut item))?;
        }
        items.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::json::Pairs;

    #[test]
    fn items_come_back_in_the_order_that_is_asked_for_with_their_keys_as_they_were() {
        let mut items = PackedItems::default();
        for number in ["0", "1", "2"] {
            items.add(&Pairs([("z", number), ("a", "\u{1b}\"")].into_iter())).unwrap();
        }
        items.arrange(vec![2, 0, 1]);
        let line = |number| format!(r#"{{"z":"{number}","a":"\u001b\""}}"#);
        let expected = format!("[{},{},{}]", line(2), line(0), line(1));
        assert_eq!(serde_json::to_string(&items).unwrap(), expected);
        let yaml = serde_saphyr::to_string(&items).unwrap();
        assert!(yaml.starts_with("- z: \"2\"\n  a: "), "{yaml}");
        assert_eq!(serde_json::to_string(&PackedItems::default()).unwrap(), "[]");
    }
}
