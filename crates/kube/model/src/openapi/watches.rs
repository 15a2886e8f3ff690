//! The paths by which old clients watch: what a list with `watch=1` does too.

use serde_json::{Map, Value, json};

use super::{
    paths::{LISTED, Said, Writer},
    root,
};

pub fn add(writer: &mut Writer<'_, '_>, paths: &mut Map<String, Value>) {
    let resource = writer.resource;
    let (base, plural) = (format!("/{}/watch", root(resource)), &resource.plural);
    let folder = match resource.namespaced {
        true => format!("{base}/namespaces/{{namespace}}/{plural}"),
        false => format!("{base}/{plural}"),
    };
    let within = resource.namespaced;
    paths.insert(folder.clone(), item(writer, within, false));
    paths.insert(format!("{folder}/{{name}}"), item(writer, within, true));
    if within {
        paths.insert(format!("{base}/{plural}"), item(writer, false, false));
    }
}

fn item(writer: &mut Writer<'_, '_>, within: bool, named: bool) -> Value {
    let resource = writer.resource;
    let list = match (named, within == resource.namespaced) {
        (true, _) => "",
        (false, true) => "List",
        (false, false) => "ListForAllNamespaces",
    };
    let scope = if within { "Namespaced" } else { "" };
    let (version, kind) = (writer.version_id(), &resource.kind);
    let id = format!("watch{version}{scope}{kind}{list}");
    let event = writer.definitions.meta("WatchEvent");
    let produced = writer.produced(true);
    let operation = writer.made(Said {
        id,
        action: if named { "watch" } else { "watchlist" },
        of: (&resource.group, &resource.version, kind),
        consumed: &["*/*"],
        produced: &produced,
        query: &[],
        sends: None,
        answers: vec![(200, event)],
    });
    let mut parameters = writer.places(within, named);
    let options = LISTED.iter();
    parameters.extend(options.map(|(name, kind)| writer.parameter("query", name, kind, "")));
    json!({"get": operation, "parameters": parameters})
}
