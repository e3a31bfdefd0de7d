//! Names of connections, made from what other programs call them.

use crate::model::types::check_name;

/// The longest name that is made, in bytes: that of a Kubernetes name.
const MAX: usize = 253;

/// The name itself where it is valid, else the nearest that is: characters that no name may have become dashes.
pub fn derived(name: &str) -> String {
    if check_name(name).is_ok() {
        return name.to_owned();
    }
    let mut made = String::new();
    for c in name.trim().chars() {
        let mut is_valid = [0; 5];
        is_valid[0] = b'x';
        let end = 1 + c.encode_utf8(&mut is_valid[1..]).len();
        let text = std::str::from_utf8(&is_valid[..end]).unwrap_or("/");
        match check_name(text) {
            Ok(()) => made.push(c),
            Err(_) if made.ends_with('-') => {}
            Err(_) => made.push('-'),
        }
        if made.len() > MAX {
            made.pop();
            break;
        }
    }
    let made = made.trim_start_matches(['-', '.']).trim_end_matches('-');
    if made.is_empty() { "unnamed".to_owned() } else { made.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_valid_stays_and_the_rest_becomes_valid() {
        let check = |name: &str, expected: &str| {
            assert_eq!(derived(name), expected, "{name:?}");
            check_name(&derived(name)).unwrap();
        };
        check("data-lake", "data-lake");
        check("Größe_1.v2", "Größe_1.v2");
        check("my lake", "my-lake");
        check(" a / b\\c ", "a-b-c");
        check("../../etc", "etc");
        check("-rf", "rf");
        check("a\u{1b}[31m\nb", "a-[31m-b");
        check("\u{202e}", "unnamed");
        check("", "unnamed");
        check(&"é".repeat(300), &"é".repeat(126));
    }
}
