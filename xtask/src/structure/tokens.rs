//! Walking through the tokens of Rust code, in which comments and strings do not count.

use proc_macro2::{TokenStream, TokenTree};

/// The tokens from one on to the end of its group.
pub type Tokens<'a> = &'a [TokenTree];

/// Calls `visit` with every token of the code and those that follow it in its group.
///
/// Code that is not even a sequence of tokens has none; the compiler reports it.
pub fn walk(code: &str, visit: &mut impl FnMut(Tokens<'_>)) {
    if let Ok(stream) = code.parse::<TokenStream>() {
        walk_stream(stream, visit);
    }
}

/// The name after `::`, and what follows it.
pub fn after_colons(tokens: Tokens<'_>) -> Option<Tokens<'_>> {
    let [TokenTree::Punct(one), TokenTree::Punct(two), rest @ ..] = tokens else {
        return None;
    };
    (one.as_char() == ':' && two.as_char() == ':').then_some(rest)
}

/// What the tokens of a path may go on with: its next name, or each first name of a `{…}`.
pub fn next_names(tokens: Tokens<'_>) -> Vec<Vec<TokenTree>> {
    match tokens.first() {
        Some(TokenTree::Group(group)) => {
            let inside: Vec<_> = group.stream().into_iter().collect();
            inside
                .split(is_comma)
                .map(<[TokenTree]>::to_vec)
                .filter(|name| !name.is_empty())
                .collect()
        }
        Some(TokenTree::Ident(_)) => vec![tokens.to_vec()],
        _ => Vec::new(),
    }
}

fn walk_stream(stream: TokenStream, visit: &mut impl FnMut(Tokens<'_>)) {
    let tokens: Vec<_> = stream.into_iter().collect();
    for (position, token) in tokens.iter().enumerate() {
        visit(&tokens[position..]);
        if let TokenTree::Group(group) = token {
            walk_stream(group.stream(), visit);
        }
    }
}

fn is_comma(token: &TokenTree) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == ',')
}
