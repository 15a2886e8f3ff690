//! What a container runs, from image and definition, by Docker's rules.

use crate::image::ImageConfig;

use super::SpecError;

/// `entryPoint` and `command` of the definition over the image's: an entry point of the definition
/// also silences the image's command.
pub fn merge_argv(
    entry_point: Option<&[String]>,
    command: Option<&[String]>,
    image: &ImageConfig,
) -> Result<Vec<String>, SpecError> {
    let entry_point = entry_point.filter(|e| !e.is_empty());
    let command = command.filter(|c| !c.is_empty());
    let (first, rest): (&[String], &[String]) = match (entry_point, command) {
        (Some(entry), command) => (entry, command.unwrap_or_default()),
        (None, Some(command)) => (&image.entrypoint, command),
        (None, None) => (&image.entrypoint, &image.cmd),
    };
    let argv: Vec<String> = first.iter().chain(rest).cloned().collect();
    if argv.is_empty() {
        Err(SpecError::NoCommand)
    } else {
        Ok(argv)
    }
}

/// The image's environment with the definition's values over it; each name once, in the order of
/// its first appearance.
pub fn merge_env(image: &ImageConfig, wanted: &[(String, String)]) -> Vec<(String, String)> {
    let mut merged: Vec<(String, String)> = Vec::with_capacity(image.env.len() + wanted.len());
    for (name, value) in image.env.iter().chain(wanted) {
        match merged.iter_mut().find(|(known, _)| known == name) {
            Some((_, old)) => old.clone_from(value),
            None => merged.push((name.clone(), value.clone())),
        }
    }
    merged
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(words: &str) -> Vec<String> {
        words.split_whitespace().map(str::to_owned).collect()
    }

    fn check(entry: Option<&str>, command: Option<&str>, expected: &str) {
        let image = ImageConfig {
            entrypoint: list("img-entry"),
            cmd: list("img-cmd -x"),
            ..ImageConfig::default()
        };
        let (entry, command) = (entry.map(list), command.map(list));
        let argv = merge_argv(entry.as_deref(), command.as_deref(), &image).unwrap();
        assert_eq!(argv.join(" "), expected);
    }

    #[test]
    fn docker_rules() {
        check(None, None, "img-entry img-cmd -x");
        check(None, Some("a b"), "img-entry a b");
        check(Some("e"), None, "e");
        check(Some("e f"), Some("a"), "e f a");
        check(Some(""), Some(""), "img-entry img-cmd -x");
        assert!(matches!(
            merge_argv(None, None, &ImageConfig::default()),
            Err(SpecError::NoCommand)
        ));
    }

    #[test]
    fn later_values_replace_in_place() {
        let pair = |n: &str, v: &str| (n.to_owned(), v.to_owned());
        let image = ImageConfig {
            env: vec![pair("PATH", "/bin"), pair("A", "1")],
            ..ImageConfig::default()
        };
        let merged = merge_env(
            &image,
            &[pair("B", "2"), pair("PATH", "/x"), pair("B", "3")],
        );
        assert_eq!(merged, [pair("PATH", "/x"), pair("A", "1"), pair("B", "3")]);
    }
}
