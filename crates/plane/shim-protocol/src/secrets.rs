//! Secrets of a container's environment, on their way from the agent to its program.
//!
//! They are never part of a message or of a file on disk. The agent writes them into a file in memory and
//! sends its descriptor; the shim keeps that, and each process that becomes a program of the container reads
//! it for itself. So the resident shim has no secret in its own memory, and no process that it forks for one
//! container has those of another.

use std::io;

/// Bound on the secrets of one container, in bytes: the kernel takes no larger environment.
pub const SECRETS_LIMIT: usize = 2 << 20;

/// `NAME=value` of each, ended by a zero byte, as `/proc/<pid>/environ` has them. `None` if a name or a value
/// contains one, or all are more than [`SECRETS_LIMIT`].
pub fn encode<'a>(variables: impl IntoIterator<Item = (&'a str, &'a str)>) -> Option<Vec<u8>> {
    let variables: Vec<(&str, &str)> = variables.into_iter().collect();
    let sizes = variables
        .iter()
        .map(|(name, value)| name.len() + value.len() + 2);
    // All at once: what a vector outgrows stays behind in memory.
    let mut bytes = Vec::with_capacity(sizes.sum::<usize>().min(SECRETS_LIMIT));
    for (name, value) in variables {
        let sound = !name.is_empty() && !name.contains(['=', '\0']) && !value.contains('\0');
        if !sound || bytes.len() + name.len() + value.len() + 2 > SECRETS_LIMIT {
            return None;
        }
        for part in [name.as_bytes(), b"=", value.as_bytes(), b"\0"] {
            bytes.extend_from_slice(part);
        }
    }
    Some(bytes)
}

/// Sets what [`encode`] wrote in `environment`. It takes the place of what an image or the platform has under
/// the same name, but for names of `decided`, whose value has the last word.
///
/// # Errors
/// It is no environment.
pub fn add_to(environment: &mut Vec<String>, bytes: &[u8], decided: &[String]) -> io::Result<()> {
    for pair in bytes
        .split(|byte| *byte == 0)
        .filter(|pair| !pair.is_empty())
    {
        let pair = std::str::from_utf8(pair).map_err(|_| io::ErrorKind::InvalidData)?;
        let (name, _) = pair.split_once('=').ok_or(io::ErrorKind::InvalidData)?;
        if decided.iter().any(|known| known == name) {
            continue;
        }
        let is_of_name = |known: &&mut String| {
            let known = known.split_once('=');
            known.is_some_and(|(known, _)| known == name)
        };
        match environment.iter_mut().find(is_of_name) {
            Some(known) => pair.clone_into(known),
            None => environment.push(pair.to_owned()),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let written = encode([("A", "one=1"), ("B", ""), ("C", "two\nlines")]).unwrap();
        let own = |all: &[&str]| all.iter().map(|one| (*one).to_owned()).collect::<Vec<_>>();
        let mut environment = own(&["C=of the image", "AA=x", "B=decided"]);
        add_to(&mut environment, &written, &own(&["B", "D"])).unwrap();
        let expected = ["C=two\nlines", "AA=x", "B=decided", "A=one=1"];
        assert_eq!(environment, expected);
    }

    #[test]
    fn what_no_environment_can_hold() {
        for (name, value) in [("", "x"), ("A=B", "x"), ("A\0", "x"), ("A", "x\0y")] {
            assert_eq!(encode([(name, value)]), None, "{name:?}");
        }
        let half = "x".repeat(SECRETS_LIMIT / 2);
        assert!(encode([("A", half.as_str())]).is_some());
        assert_eq!(encode([("A", half.as_str()), ("B", half.as_str())]), None);
    }

    #[test]
    fn what_is_no_environment_is_an_error() {
        for bytes in [&b"no sign\0"[..], &b"A=\xff\0"[..]] {
            assert!(add_to(&mut Vec::new(), bytes, &[]).is_err());
        }
    }
}
