//! Files with `[sections]` and `key = value`, as the AWS command line and rclone write them.

use zeroize::Zeroizing;

use super::Text;
use crate::model::{Error, Secret};

/// The most sections of a file, and values of a section.
const MOST: (usize, usize) = (100_000, 1_000);

/// Whose file it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Flavor {
    /// `configparser` of Python, as botocore uses it: keys in any case, values below a key that has none of its own.
    Aws,
    /// goconfig, as rclone uses it: values that hold a quote or a backquote stand between others.
    Rclone,
}

/// A section.
#[derive(Debug)]
pub(super) struct Section {
    pub name: String,
    /// Counted from 1.
    pub line: usize,
    pub values: Vec<(String, Secret)>,
}

/// The sections of a text, in its order; one that comes twice comes twice here.
///
/// # Errors
/// A line is none of what such a file has. The error names it, and repeats nothing of it.
pub(super) fn sections(text: Text<'_>, flavor: Flavor) -> Result<Vec<Section>, Error> {
    let mut sections: Vec<Section> = Vec::new();
    for (at, raw) in text.plain().lines().enumerate() {
        let (line, content) = (at + 1, raw.trim());
        if content.is_empty() || content.starts_with(['#', ';']) {
            continue;
        }
        if let Some(rest) = content.strip_prefix('[') {
            let Some((name, after)) = rest.split_once(']') else {
                return Err(text.fault(line, "the name of a section has no `]`"));
            };
            if !(after.trim().is_empty() || after.trim().starts_with(['#', ';'])) {
                return Err(text.fault(line, "something stands behind the name of a section"));
            }
            if sections.len() == MOST.0 {
                return Err(text.fault(line, "the file has too many sections"));
            }
            sections.push(Section { name: name.trim().to_owned(), line, values: Vec::new() });
            continue;
        }
        let Some(section) = sections.last_mut() else {
            return Err(text.fault(line, "a value stands before the first `[section]`"));
        };
        let is_inside = flavor == Flavor::Aws && raw.starts_with([' ', '\t']);
        add(section, content, is_inside, flavor).map_err(|what| text.fault(line, what))?;
    }
    Ok(sections)
}

fn add(
    section: &mut Section,
    content: &str,
    is_inside: bool,
    flavor: Flavor,
) -> Result<(), &'static str> {
    let above =
        section.values.iter().rev().find(|(key, _)| !key.contains('.')).filter(|_| is_inside);
    if above.is_some_and(|(_, value)| !value.is_empty()) {
        return Err("the line is indented, and the key above it has a value of its own");
    }
    let above = above.map(|(key, _)| key.clone());
    let Some((key, value)) = content.split_once('=') else {
        return Err("it is neither `[section]`, `key = value` nor a comment");
    };
    let key = match flavor {
        Flavor::Aws => key.trim().to_ascii_lowercase(),
        Flavor::Rclone => key.trim().to_owned(),
    };
    if key.is_empty() {
        return Err("no key stands before the `=`");
    }
    let key = above.map_or_else(|| key.clone(), |above| format!("{above}.{key}"));
    let value = match flavor {
        Flavor::Aws => value.trim(),
        Flavor::Rclone => unquoted(value.trim())?,
    };
    if section.values.len() == MOST.1 {
        return Err("the section has too many values");
    }
    section.values.push((key, Secret::new(value.as_bytes().to_vec())));
    Ok(())
}

/// A value without the quotes that goconfig takes away.
fn unquoted(value: &str) -> Result<&str, &'static str> {
    for quote in ["\"\"\"", "`"] {
        if let Some(rest) = value.strip_prefix(quote) {
            return rest.rfind(quote).map(|end| &rest[..end]).ok_or("a quoted value has no end");
        }
    }
    Ok(value)
}

/// The text of bytes that are said to be one.
pub(super) fn utf8(bytes: Vec<u8>) -> Result<Zeroizing<String>, Vec<u8>> {
    String::from_utf8(bytes).map(Zeroizing::new).map_err(std::string::FromUtf8Error::into_bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, flavor: Flavor) -> Result<Vec<String>, String> {
        let sections = sections(Text { name: "f", text }, flavor).map_err(|error| error.message)?;
        let shown = |section: &Section| {
            let pairs = section
                .values
                .iter()
                .map(|(key, value)| format!("{key}={}", String::from_utf8_lossy(value.expose())));
            let pairs: Vec<String> = pairs.collect();
            format!("{}:{} {}", section.line, section.name, pairs.join(" "))
        };
        Ok(sections.iter().map(shown).collect())
    }

    #[test]
    fn sections_hold_values_and_values_below_values() {
        let text = "\u{feff}# c\r\n[profile a] # b\r\nRegion=x \r\ns3 =\r\n  addressing_style = path\r\n\tb=c\r\n; c\r\nc = d=e\r\n\r\n[b]";
        let found = read(text, Flavor::Aws).unwrap();
        assert_eq!(
            found,
            ["2:profile a region=x s3= s3.addressing_style=path s3.b=c c=d=e", "10:b "]
        );
    }

    #[test]
    fn quotes_are_those_of_rclone() {
        let text = "[a]\n  A = `b `\nc = \"\"\"d`e\"\"\"\nf = \"g\"\nh =\n";
        assert_eq!(read(text, Flavor::Rclone).unwrap(), ["1:a A=b  c=d`e f=\"g\" h="]);
    }

    #[test]
    fn sizes_are_bounded() {
        let values: String = (0..1001).map(|at| format!("k{at} = v\n")).collect();
        let message = read(&format!("[a]\n{values}"), Flavor::Rclone).unwrap_err();
        assert_eq!(message, "f:1002: the section has too many values");
        let message = read(&"[a]\n".repeat(100_001), Flavor::Aws).unwrap_err();
        assert_eq!(message, "f:100001: the file has too many sections");
    }

    #[test]
    fn what_is_no_such_file_is_said_by_line_and_not_repeated() {
        let check = |text: &str, flavor, words: &str| {
            let message = read(text, flavor).unwrap_err();
            assert!(message.contains(words), "{message}");
            assert!(!message.contains("hunter2"), "{message}");
        };
        check("hunter2 = x\n", Flavor::Aws, "f:1: a value stands before");
        check("[a]\n\nhunter2\n", Flavor::Rclone, "f:3: it is neither");
        check("[hunter2\n", Flavor::Aws, "f:1: the name of a section has no");
        check("[a] hunter2\n", Flavor::Aws, "f:1: something stands behind");
        check("[a]\nk = v\n  x = hunter2\n", Flavor::Aws, "f:3: the line is indented");
        check("[a]\n= hunter2\n", Flavor::Aws, "f:2: no key");
        check("[a]\nk = `hunter2\n", Flavor::Rclone, "f:2: a quoted value has no end");
    }
}
