//! From a path to a document.

use std::sync::Arc;

use bytes::Bytes;
use http::{Method, Request, Response, StatusCode, header};
use http_body_util::Full;
use serde_json::{Value, json};
use wharf_api_ecs::{
    ListTagsForResourceRequest, ListTagsForResourceResponse, schema::SERVICE as ECS,
};
use wharf_base::Clock;

use super::{Caller, RateLimit, StatsReader, metadata};
use crate::node::{
    directory::TaskView,
    roster::{Found, Roster},
};

/// Answers requests of tasks.
pub struct Routes {
    pub roster: Roster,
    pub limit: RateLimit,
    pub stats: StatsReader,
    pub clock: Arc<dyn Clock>,
}

/// A document, or why there is none.
type Answer = Result<Value, (StatusCode, Value)>;

fn refuse<T>(status: StatusCode, text: impl Into<Value>) -> Result<T, (StatusCode, Value)> {
    Err((status, text.into()))
}

impl Routes {
    /// `caller` is whom the connection's address belongs to.
    pub async fn answer<B>(&self, request: &Request<B>, caller: &Caller) -> Response<Full<Bytes>> {
        let path = request.uri().path().trim_end_matches('/').to_owned();
        let (status, body) = match self.route(request.method(), &path, caller).await {
            Ok(body) => (StatusCode::OK, body),
            Err(refusal) => refusal,
        };
        let mut answer = Response::new(Full::new(Bytes::from(body.to_string())));
        *answer.status_mut() = status;
        let json = header::HeaderValue::from_static("application/json");
        answer.headers_mut().insert(header::CONTENT_TYPE, json);
        answer
    }

    async fn route(&self, method: &Method, path: &str, caller: &Caller) -> Answer {
        if method != Method::GET && method != Method::HEAD {
            return refuse(StatusCode::METHOD_NOT_ALLOWED, "Method Not Allowed");
        }
        let parts: Vec<&str> = path.split('/').skip(1).collect();
        match parts.as_slice() {
            ["v2", "credentials"] => no_credentials(
                "NoIdInRequest",
                "CredentialsRequest: No Credential ID in the request",
            ),
            ["v2", "credentials", id] => self.credentials(id, caller),
            [version @ ("v3" | "v4"), id, rest @ ..] => {
                let found = self.roster.at_endpoint(id);
                let Some((found, at)) = found.filter(|(found, _)| caller.may_be(&found.task))
                else {
                    self.not_yet(caller)?;
                    return refuse(
                        StatusCode::NOT_FOUND,
                        format!(
                            "{} container metadata handler: unable to get container ID from request",
                            version.to_uppercase()
                        ),
                    );
                };
                self.admit(&found.task)?;
                self.metadata(version, &found, at, rest).await
            }
            ["v2", "metadata" | "metadataWithTags" | "stats", ..] => {
                let found = match caller {
                    Caller::Task(id) => self.roster.task(id),
                    Caller::Host | Caller::Unknown(..) => None,
                };
                let Some(found) = found else {
                    self.not_yet(caller)?;
                    return refuse(StatusCode::NOT_FOUND, "unable to get task arn from request");
                };
                self.admit(&found.task)?;
                self.by_address(&found, &parts[1..]).await
            }
            _ => refuse(StatusCode::NOT_FOUND, "404 page not found"),
        }
    }

    /// Whether its node has still to find the caller again. Clients ask again after this, and give up after 404.
    fn is_awaited(&self, caller: &Caller) -> bool {
        matches!(caller, Caller::Task(id) if self.roster.awaits(id))
    }

    fn not_yet(&self, caller: &Caller) -> Result<(), (StatusCode, Value)> {
        if self.is_awaited(caller) {
            return refuse(StatusCode::SERVICE_UNAVAILABLE, "Service Unavailable");
        }
        Ok(())
    }

    fn admit(&self, task: &TaskView) -> Result<(), (StatusCode, Value)> {
        if self.limit.admit(&task.context.id, self.clock.now()) {
            Ok(())
        } else {
            refuse(StatusCode::TOO_MANY_REQUESTS, "Too Many Requests")
        }
    }

    /// Those of the caller's own role. An id of another task's, or of an execution role, which is the
    /// agent's, is as unknown as any: a caller must not even learn that it guessed one.
    fn credentials(&self, id: &str, caller: &Caller) -> Answer {
        let found = match caller {
            Caller::Task(task) => self.roster.task(task),
            Caller::Host => self.roster.with_credentials(id),
            Caller::Unknown(..) => None,
        };
        // A task in the host's network is counted by the id; there are no more of these than tasks.
        let counted = match (caller, &found) {
            (Caller::Task(task), _) => task.as_str(),
            (_, Some(found)) => found.task.context.id.as_str(),
            (_, None) => "nobody",
        };
        if !self.limit.admit(counted, self.clock.now()) {
            return refuse(StatusCode::TOO_MANY_REQUESTS, "Too Many Requests");
        }
        let own = found.filter(|Found { task, .. }| {
            caller.may_be(task) && task.record.credentials_id.as_deref() == Some(id)
        });
        let Some(own) = own else {
            if self.is_awaited(caller) {
                return uninitialized();
            }
            return no_credentials(
                "InvalidIdInRequest",
                "CredentialsRequest: Credentials not found",
            );
        };
        if let Some(found) = own.node.credentials.get(id) {
            return Ok(json!({
                "RoleArn": found.role_arn,
                "AccessKeyId": found.access_key_id,
                "SecretAccessKey": found.secret_access_key,
                "Token": found.session_token,
                "Expiration": found.expiration,
            }));
        }
        uninitialized()
    }

    async fn metadata(&self, version: &str, of: &Found, at: usize, rest: &[&str]) -> Answer {
        let task = &*of.task;
        let newest = version == "v4";
        match rest {
            [] => Ok(metadata::container(task, at, newest)),
            ["task"] => Ok(metadata::task(task, &self.cluster(task), newest)),
            ["taskWithTags"] => Ok(self.with_tags(of, newest).await),
            ["stats"] => Ok(self.stats.container(task, at).await),
            ["task", "stats"] => Ok(self.stats.task(task).await),
            ["associations", kind] => {
                let _ = kind;
                Ok(json!({"Associations": []}))
            }
            _ => refuse(StatusCode::NOT_FOUND, "404 page not found"),
        }
    }

    /// The forms of version 2, where the caller is known by its address.
    async fn by_address(&self, of: &Found, parts: &[&str]) -> Answer {
        let task = &*of.task;
        let at = |id: &str| {
            task.context
                .runtime_ids
                .iter()
                .position(|known| known == id)
        };
        let unknown = || {
            (
                StatusCode::NOT_FOUND,
                Value::from("unable to find the container"),
            )
        };
        match parts {
            ["metadata"] => Ok(metadata::task(task, &self.cluster(task), false)),
            ["metadataWithTags"] => Ok(self.with_tags(of, false).await),
            ["metadata", id] => at(id)
                .map(|at| metadata::container(task, at, false))
                .ok_or_else(unknown),
            ["stats"] => Ok(self.stats.task(task).await),
            ["stats", id] => match at(id) {
                Some(at) => Ok(self.stats.container(task, at).await),
                None => Err(unknown()),
            },
            _ => refuse(StatusCode::NOT_FOUND, "404 page not found"),
        }
    }

    fn cluster(&self, task: &TaskView) -> String {
        task.context.task.task_cluster_arn.clone()
    }

    /// The document, with the tags of task and instance, or with the errors of asking for them.
    async fn with_tags(&self, of: &Found, newest: bool) -> Value {
        let Found { node, task } = of;
        let mut document = metadata::task(task, &self.cluster(task), newest);
        let mut errors = Vec::new();
        let instance = node.directory.container_instance();
        for (field, arn) in [
            ("TaskTags", &task.context.task.arn),
            ("ContainerInstanceTags", &instance),
        ] {
            let input = ListTagsForResourceRequest {
                resource_arn: Some(arn.clone()),
            };
            let asked =
                node.api
                    .call::<ListTagsForResourceResponse>(&ECS, "ListTagsForResource", &input);
            match asked.await {
                Ok(answer) => {
                    let tags: serde_json::Map<String, Value> = answer
                        .tags
                        .into_iter()
                        .flatten()
                        .map(|tag| {
                            (
                                tag.key.unwrap_or_default(),
                                tag.value.unwrap_or_default().into(),
                            )
                        })
                        .collect();
                    if !tags.is_empty() {
                        document[field] = tags.into();
                    }
                }
                Err(error) => errors.push(json!({
                    "ErrorField": field,
                    "ErrorCode": error.code(),
                    "ErrorMessage": error.to_string(),
                    "ResourceARN": arn,
                })),
            }
        }
        if !errors.is_empty() {
            document["Errors"] = errors.into();
        }
        document
    }
}

fn no_credentials(code: &str, message: &str) -> Answer {
    Err((StatusCode::BAD_REQUEST, error(code, message, 400)))
}

/// They come with the node's next session.
fn uninitialized() -> Answer {
    Err((
        StatusCode::SERVICE_UNAVAILABLE,
        error(
            "CredentialsUninitialized",
            "CredentialsRequest: Credentials uninitialized for ID",
            503,
        ),
    ))
}

fn error(code: &str, message: &str, status: u16) -> Value {
    json!({"code": code, "message": message, "HTTPErrorCode": status})
}
