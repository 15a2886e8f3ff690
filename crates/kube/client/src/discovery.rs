//! Which kinds a server has.

use serde_json::Value;

use crate::{
    client::Client,
    error::Error,
    kind::{Kind, segment},
    object::Object,
};

impl Client {
    /// All kinds with these verbs, each in its group's preferred version alone. A server tells its own parts none of aggregated servers:
    /// what one of them says or holds back is not to decide about everything else.
    ///
    /// # Errors
    /// A group could not be read: what is missing would look as if it were gone.
    pub async fn kinds(&self, verbs: &[&str]) -> Result<Vec<Kind>, Error> {
        let mut kinds = of_version("", "v1", &self.read("/api/v1").await?, verbs);
        let groups = self.read("/apis").await?;
        for group in groups.list("/groups") {
            let name = group.text("/name");
            let preferred = group.text("/preferredVersion/version");
            let versions = group.list("/versions").iter().map(|it| it.text("/version"));
            let rest = versions.filter(|it| *it != preferred);
            let mut found: Vec<Kind> = Vec::new();
            for version in std::iter::once(preferred).chain(rest) {
                let list = self.read(&format!("/apis/{name}/{version}")).await?;
                for kind in of_version(name, version, &list, verbs) {
                    if found.iter().all(|it| it.plural != kind.plural) {
                        found.push(kind);
                    }
                }
            }
            kinds.extend(found);
        }
        Ok(kinds)
    }

    /// A kind by its group and name, in the group's preferred version or the first other one that has it.
    pub async fn kind(&self, group: &str, kind: &str) -> Result<Option<Kind>, Error> {
        if group.is_empty() {
            let list = self.read("/api/v1").await?;
            return Ok(named("", "v1", &list, kind));
        }
        let path = format!("/apis/{}", segment(group));
        let versions = match self.read(&path).await {
            Err(error) if error.is_not_found() => return Ok(None),
            versions => versions?,
        };
        let preferred = versions.text("/preferredVersion/version");
        let all = versions
            .list("/versions")
            .iter()
            .map(|it| it.text("/version"));
        let others = all.filter(|it| *it != preferred);
        for version in std::iter::once(preferred).chain(others) {
            let list = self.read(&format!("{path}/{}", segment(version))).await?;
            if let Some(found) = named(group, version, &list, kind) {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }
}

impl Client {
    /// A kind by its group, version and name: one of an aggregated server too, which discovery does not show to parts of the API server.
    /// What that says of its kinds leads nowhere but into its own group.
    pub async fn kind_in(
        &self,
        group: &str,
        version: &str,
        kind: &str,
    ) -> Result<Option<Kind>, Error> {
        let path = format!("/apis/{}/{}", segment(group), segment(version));
        let list = match self.read(&path).await {
            Err(error) if error.is_not_found() => return Ok(None),
            list => list?,
        };
        let is_name = |it: &Kind| {
            let name = it.plural.as_bytes();
            let fits = |it: &u8| it.is_ascii_lowercase() || it.is_ascii_digit() || *it == b'-';
            (1..=63).contains(&name.len()) && name.iter().all(fits)
        };
        Ok(named(group, version, &list, kind).filter(is_name))
    }
}

fn named(group: &str, version: &str, list: &Value, kind: &str) -> Option<Kind> {
    let all = of_version(group, version, list, &["get"]);
    all.into_iter().find(|it| it.kind == kind)
}

fn of_version(group: &str, version: &str, list: &Value, verbs: &[&str]) -> Vec<Kind> {
    let has = |resource: &Value, verb: &str| resource.list("/verbs").iter().any(|it| it == verb);
    let resources = list.list("/resources").iter();
    resources
        .filter(|it| !it.text("/name").contains('/'))
        .filter(|it| verbs.iter().all(|verb| has(it, verb)))
        .map(|it| Kind {
            group: group.to_owned().into(),
            version: version.to_owned().into(),
            kind: it.text("/kind").to_owned().into(),
            plural: it.text("/name").to_owned().into(),
            namespaced: it.is_true("/namespaced"),
        })
        .collect()
}
