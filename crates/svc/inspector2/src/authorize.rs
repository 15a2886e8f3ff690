//! What each operation does to which resource: filters, or all that there is.

use wharf_api_inspector2::Input;
use wharf_service::{Place, tags};
use wharf_wire::{Check, Context, Fault};

use crate::{records, service::Inspector2Service};

pub(crate) async fn checks(
    service: &Inspector2Service,
    cx: &Context,
    input: Input<'_>,
) -> Result<Vec<Check>, Fault> {
    let action = input.action();
    let on_filter = |arn: Option<&str>| {
        let (arn, place) = (arn.unwrap_or_default().to_owned(), Place::of(cx));
        let action = action.clone();
        async move {
            let check = Check::new(action, &arn);
            let Some(id) = records::id_of(&place, &arn) else {
                return Ok::<_, Fault>(check);
            };
            let found = service
                .table
                .read::<records::Filter>(&records::key(&place, id))
                .await?;
            let tags = found.map(|it| it.record.tags).unwrap_or_default();
            Ok(tags::of_resource(check, None, &tags))
        }
    };
    let with = |check, given: Option<&std::collections::BTreeMap<String, String>>| {
        let given = given.into_iter().flatten();
        tags::requested(
            check,
            given.map(|(key, value)| (Some(key.as_str()), Some(value.as_str()))),
        )
    };
    let check = match &input {
        Input::CreateFilter(it) => with(Check::any(action), it.tags.as_ref()),
        Input::UpdateFilter(it) => on_filter(it.filter_arn.as_deref()).await?,
        Input::DeleteFilter(it) => on_filter(it.arn.as_deref()).await?,
        Input::TagResource(it) => {
            let check = on_filter(it.resource_arn.as_deref()).await?;
            with(check, it.tags.as_ref())
        }
        Input::UntagResource(it) => {
            let check = on_filter(it.resource_arn.as_deref()).await?;
            tags::removed(check, it.tag_keys.as_deref())
        }
        Input::ListTagsForResource(it) => on_filter(it.resource_arn.as_deref()).await?,
        _ => Check::any(action),
    };
    Ok(vec![check])
}
