//! Patterns with `*` (any characters) and `?` (one character); `\` takes the next one literally.

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Token {
    Byte(u8),
    One,
    Any,
}

/// A compiled pattern. Matching takes time in the order of pattern times text, whatever they hold.
#[derive(Debug, Clone)]
pub struct Pattern {
    tokens: Box<[Token]>,
    fold_case: bool,
}

impl Pattern {
    pub fn new(text: &str, fold_case: bool) -> Self {
        let mut tokens = Vec::with_capacity(text.len());
        let mut bytes = text.bytes();
        while let Some(byte) = bytes.next() {
            let token = match byte {
                b'*' if tokens.last() == Some(&Token::Any) => continue,
                b'*' => Token::Any,
                b'?' => Token::One,
                b'\\' => Token::Byte(bytes.next().unwrap_or(b'\\')),
                byte => Token::Byte(byte),
            };
            tokens.push(match token {
                Token::Byte(byte) if fold_case => Token::Byte(byte.to_ascii_lowercase()),
                token => token,
            });
        }
        Self {
            tokens: tokens.into(),
            fold_case,
        }
    }

    pub fn matches(&self, text: &str) -> bool {
        self.matches_bytes(text.as_bytes())
    }

    /// Goes forward greedily and returns only to the last `*`, which suffices since a later `*`
    /// can take whatever an earlier one could.
    pub fn matches_bytes(&self, text: &[u8]) -> bool {
        let (mut token, mut at) = (0, 0);
        let mut retry: Option<(usize, usize)> = None;
        while at < text.len() {
            let byte = match self.fold_case {
                true => text[at].to_ascii_lowercase(),
                false => text[at],
            };
            match self.tokens.get(token) {
                Some(Token::Any) => {
                    retry = Some((token + 1, at));
                    token += 1;
                    continue;
                }
                Some(Token::One) => {}
                Some(Token::Byte(wanted)) if *wanted == byte => {}
                _ => {
                    let Some((after_star, began)) = retry else {
                        return false;
                    };
                    retry = Some((after_star, began + 1));
                    (token, at) = (after_star, began + 1);
                    continue;
                }
            }
            token += 1;
            at += 1;
        }
        self.tokens[token..].iter().all(|rest| *rest == Token::Any)
    }
}
