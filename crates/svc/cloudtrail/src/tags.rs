//! AddTags, RemoveTags and ListTags: the rules of the kit in this service's words.

use wharf_api_cloudtrail::{
    faults,
    types::{
        AddTagsRequest, AddTagsResponse, ListTagsRequest, ListTagsResponse, RemoveTagsRequest,
        RemoveTagsResponse, ResourceTag, Tag,
    },
};
use wharf_records::Record as _;
use wharf_service::{
    Kind, Tagged,
    tags::{Refused, Rules},
};
use wharf_wire::{Call, Fault};

use crate::{
    names,
    records::Trail,
    trails::{SERVICE, Trails},
};

/// Trails have tags.
pub const TAGGED: Tagged = Tagged {
    service: SERVICE,
    namespace: SERVICE,
    kinds: &[Kind::itself(Trail::KIND, |name| format!("trail/{name}"))],
};

const RULES: Rules<Fault> = Rules::usual(refused);
/// Resources of one request.
const MOST: usize = 20;

fn refused(why: Refused<'_>) -> Fault {
    let text = match why {
        Refused::TooMany => {
            return faults::tags_limit_exceeded_exception(
                "The number of tags per trail is limited to 50.",
            );
        }
        Refused::Key(_) => "A tag's key has between 1 and 128 characters.",
        Refused::Value(_) => "A tag's value has at most 256 characters.",
        Refused::Reserved(_) => "Tag keys that begin with aws: are reserved.",
        Refused::Twice(_) => "A tag's key is given more than once.",
    };
    faults::invalid_tag_parameter_exception(text)
}

wharf_service::tags_on_the_wire!(Tag { key, value });

/// The name of a trail that is given by its ARN.
fn named(call: &Call, arn: &str) -> Result<String, Fault> {
    let is_of_trail = arn.starts_with("arn:") && arn.contains(":trail/");
    if !is_of_trail {
        return Err(faults::cloud_trail_arn_invalid_exception(format!(
            "The ARN is not valid: {arn}"
        )));
    }
    names::name_of(arn, call).map_err(|_| missing(arn))
}

fn missing(arn: &str) -> Fault {
    faults::resource_not_found_exception(format!("The resource was not found: {arn}"))
}

impl Trails {
    pub async fn add_tags(
        &self,
        call: &Call,
        input: AddTagsRequest,
    ) -> Result<AddTagsResponse, Fault> {
        let more = given(input.tags_list)?;
        self.change_tagged(call, input.resource_id, |it| RULES.add(&mut it.tags, &more))
            .await?;
        Ok(AddTagsResponse::default())
    }

    /// By key; a value that is given too must be that of the tag.
    pub async fn remove_tags(
        &self,
        call: &Call,
        input: RemoveTagsRequest,
    ) -> Result<RemoveTagsResponse, Fault> {
        let gone = input.tags_list.unwrap_or_default();
        self.change_tagged(call, input.resource_id, |it| {
            let gone = gone.iter();
            let gone = gone.map(|it| (it.key.as_deref().unwrap_or_default(), it.value.as_deref()));
            RULES.remove_matching(&mut it.tags, gone)
        })
        .await?;
        Ok(RemoveTagsResponse::default())
    }

    async fn change_tagged(
        &self,
        call: &Call,
        arn: Option<String>,
        change: impl Fn(&mut Trail) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        let arn = arn.unwrap_or_default();
        let key = crate::trails::scope(call).key(Trail::KIND, &named(call, &arn)?);
        let changed = self
            .table
            .change::<Trail, _, Fault>(&call.permit, &key, change)
            .await?;
        changed.map(|_| ()).ok_or_else(|| missing(&arn))
    }

    pub async fn list_tags(
        &self,
        call: &Call,
        input: ListTagsRequest,
    ) -> Result<ListTagsResponse, Fault> {
        if input.next_token.is_some() {
            return Err(faults::invalid_token_exception("The token is not valid."));
        }
        let arns = input.resource_id_list.unwrap_or_default();
        if arns.is_empty() {
            return Err(faults::invalid_parameter_exception(
                "At least one resource must be given.",
            ));
        }
        if arns.len() > MOST {
            return Err(faults::invalid_parameter_exception(format!(
                "At most {MOST} resources can be given."
            )));
        }
        let mut all = Vec::with_capacity(arns.len());
        for arn in arns {
            let key = crate::trails::scope(call).key(Trail::KIND, &named(call, &arn)?);
            let found = self.table.read::<Trail>(&key).await?;
            let found = found.ok_or_else(|| missing(&arn))?;
            all.push(ResourceTag {
                resource_id: Some(arn),
                tags_list: Some(to_wire(&found.record.tags)),
            });
        }
        Ok(ListTagsResponse {
            resource_tag_list: Some(all),
            next_token: None,
        })
    }
}
