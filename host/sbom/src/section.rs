//! The section `.dep-v0`.

use std::io::{Read as _, Write as _};

use auditable_serde::VersionInfo;
use flate2::Compression;
use flate2::read::ZlibDecoder;
use flate2::write::ZlibEncoder;
use wasmparser::{Parser, Payload};

use crate::bill::{Bill, Unreadable};

/// The name that `cargo auditable` gives it.
const NAME: &str = ".dep-v0";
/// More than the linkers of all languages together make.
const MAX_SECTIONS: usize = 16;
/// What all sections may hold after they were decompressed, in bytes: some 5,000 packages.
const MAX_BYTES: u64 = 512 << 10;

/// The packages of a component; none if it does not say.
///
/// # Errors
/// It says so in a form that cannot be read, or too large.
pub fn read(component: &[u8]) -> Result<Option<Bill>, Unreadable> {
    let mut left = MAX_BYTES;
    let mut lists = Vec::new();
    for payload in Parser::new(0).parse_all(component) {
        let payload = payload.map_err(|_| Unreadable::Component)?;
        let Payload::CustomSection(section) = payload else { continue };
        if section.name() != NAME {
            continue;
        }
        if lists.len() == MAX_SECTIONS {
            return Err(Unreadable::Sections(MAX_SECTIONS));
        }
        let json = decompress(section.data(), &mut left)?;
        let info: VersionInfo = serde_json::from_slice(&json).map_err(|_| Unreadable::Json)?;
        lists.push(info.packages);
    }
    match lists.is_empty() {
        true => Ok(None),
        false => Bill::of(lists).map(Some),
    }
}

/// No more is decompressed than is `left`.
fn decompress(data: &[u8], left: &mut u64) -> Result<Vec<u8>, Unreadable> {
    let mut json = Vec::new();
    let mut decoder = ZlibDecoder::new(data).take(*left + 1);
    decoder.read_to_end(&mut json).map_err(|_| Unreadable::Compression)?;
    *left = left.checked_sub(json.len() as u64).ok_or(Unreadable::TooLarge(MAX_BYTES))?;
    Ok(json)
}

/// The component with this list, and without the one that it had outside of its modules. The same list makes the same bytes.
///
/// # Errors
/// The component is damaged, or the list is larger than [`read`] would take.
pub fn with_bill(component: &[u8], bill: &Bill) -> Result<Vec<u8>, Unreadable> {
    let json = serde_json::to_vec(&bill.version_info()).map_err(|_| Unreadable::Json)?;
    if json.len() as u64 > MAX_BYTES {
        return Err(Unreadable::TooLarge(MAX_BYTES));
    }
    let compressed = compress(&json).map_err(|_| Unreadable::Compression)?;
    replace(component, NAME, &compressed)
}

fn compress(json: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(json)?;
    encoder.finish()
}

/// The component with one custom section of this name, at its end. Those of modules within it stay: other sections say how long the modules are.
pub(crate) fn replace(component: &[u8], name: &str, data: &[u8]) -> Result<Vec<u8>, Unreadable> {
    let mut content = Vec::new();
    text(name, &mut content);
    content.extend_from_slice(data);
    let mut written = without(component, name)?;
    written.push(0);
    length(content.len(), &mut written);
    written.extend_from_slice(&content);
    Ok(written)
}

/// The component without its own sections of this name.
fn without(component: &[u8], name: &str) -> Result<Vec<u8>, Unreadable> {
    let mut kept = component.get(..8).ok_or(Unreadable::Component)?.to_vec();
    let mut rest = &component[8..];
    while !rest.is_empty() {
        let (size, header) = read_length(&rest[1..]).ok_or(Unreadable::Component)?;
        let end = (1 + header).checked_add(size).ok_or(Unreadable::Component)?;
        let section = rest.get(..end).ok_or(Unreadable::Component)?;
        let (id, content) = (section[0], &section[1 + header..]);
        if id != 0 || !is_named(content, name) {
            kept.extend_from_slice(section);
        }
        rest = &rest[end..];
    }
    Ok(kept)
}

fn is_named(content: &[u8], name: &str) -> bool {
    let found = read_length(content).and_then(|(size, header)| content.get(header..header + size));
    found == Some(name.as_bytes())
}

/// A number of at most 32 bits in LEB128, and how many bytes it has.
fn read_length(bytes: &[u8]) -> Option<(usize, usize)> {
    let mut value = 0_usize;
    for (index, byte) in bytes.iter().take(5).enumerate() {
        value |= usize::from(byte & 0x7f) << (7 * index);
        if byte & 0x80 == 0 {
            return Some((value, index + 1));
        }
    }
    None
}

/// Writes a text with its length before it.
pub(crate) fn text(text: &str, out: &mut Vec<u8>) {
    length(text.len(), out);
    out.extend_from_slice(text.as_bytes());
}

/// Writes a length in LEB128.
pub(crate) fn length(mut value: usize, out: &mut Vec<u8>) {
    loop {
        let low = (value & 0x7f) as u8;
        value >>= 7;
        out.push(if value == 0 { low } else { low | 0x80 });
        if value == 0 {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bill::tests::package;

    fn component(text: &str) -> Vec<u8> {
        wat::parse_str(text).unwrap()
    }

    /// A component with these bytes as its section.
    fn holding(section: &[u8]) -> Vec<u8> {
        let bytes: String = section.iter().map(|byte| format!("\\{byte:02x}")).collect();
        component(&format!("(component (@custom \".dep-v0\" \"{bytes}\"))"))
    }

    fn json(text: &str) -> Vec<u8> {
        compress(text.as_bytes()).unwrap()
    }

    #[test]
    fn what_was_written_is_read_and_the_same_each_time() {
        let empty = component("(component (core module (memory 1)))");
        assert_eq!(read(&empty), Ok(None));
        let bill =
            Bill::of([vec![package("b", "1.0.0", &[1]), package("a", "0.1.0", &[])]]).unwrap();
        let once = with_bill(&empty, &bill).unwrap();
        assert_eq!(read(&once), Ok(Some(bill.clone())));
        assert_eq!(with_bill(&once, &bill), Ok(once.clone()), "it is replaced, not added");
        let other = Bill::of([vec![package("c", "1.0.0", &[])]]).unwrap();
        let replaced = with_bill(&once, &other).unwrap();
        assert_eq!(read(&replaced), Ok(Some(other)));
        assert_eq!(with_bill(&replaced, &bill), Ok(once));
    }

    #[test]
    fn modules_within_are_looked_into() {
        let one = json(r#"{"packages":[{"name":"a","version":"1.0.0","source":"crates.io"}]}"#);
        let two =
            json(r#"{"packages":[{"name":"b","version":"1.0.0","source":"git","root":true}]}"#);
        let hex =
            |bytes: &[u8]| bytes.iter().map(|byte| format!("\\{byte:02x}")).collect::<String>();
        let nested = component(&format!(
            "(component (core module (@custom \".dep-v0\" \"{}\")) (component (@custom \".dep-v0\" \"{}\")))",
            hex(&one),
            hex(&two)
        ));
        let bill = read(&nested).unwrap().unwrap();
        let names: Vec<&str> = bill.packages().iter().map(|package| &*package.name).collect();
        assert_eq!(names, ["a", "b"]);
    }

    #[test]
    fn a_hostile_section_is_said() {
        let check = |section: &[u8], expected: Unreadable| {
            assert_eq!(read(&holding(section)), Err(expected));
        };
        check(b"", Unreadable::Compression);
        check(b"hello", Unreadable::Compression);
        check(&json("{}")[..5], Unreadable::Compression);
        check(&json("{}"), Unreadable::Json);
        check(&json(&"[".repeat(100_000)), Unreadable::Json);
        // A gibibyte would be decompressed if nobody counted.
        check(&json(&" ".repeat(1 << 20)), Unreadable::TooLarge(MAX_BYTES));
        let escape = r#"{"packages":[{"name":"\u001b[2J","version":"1.0.0","source":"git"}]}"#;
        check(&json(escape), Unreadable::Name);
        let lost =
            r#"{"packages":[{"name":"a","version":"1.0.0","source":"git","dependencies":[7]}]}"#;
        check(&json(lost), Unreadable::Dependency);
        let sections = "(@custom \".dep-v0\" \"x\")".repeat(20);
        let many = component(&format!("(component {sections})"));
        assert_eq!(read(&many), Err(Unreadable::Compression));
        let good = json(r#"{"packages":[]}"#);
        let good: String = good.iter().map(|byte| format!("\\{byte:02x}")).collect();
        let sections = format!("(@custom \".dep-v0\" \"{good}\")").repeat(17);
        let many = component(&format!("(component {sections})"));
        assert_eq!(read(&many), Err(Unreadable::Sections(16)));
    }

    #[test]
    fn a_truncated_component_is_an_error_and_never_a_panic() {
        let bill = Bill::of([vec![package("a", "1.0.0", &[])]]).unwrap();
        let whole = with_bill(&component("(component (core module))"), &bill).unwrap();
        for length in 0..whole.len() {
            let _ = read(&whole[..length]);
            let _ = with_bill(&whole[..length], &bill);
        }
        assert_eq!(with_bill(b"\0asm", &bill), Err(Unreadable::Component));
    }
}
