//! GetMetricWidgetImage: what GetMetricData would say, as a picture. Its queries count as those of GetMetricData do,
//! and an account draws in its turns.

use std::collections::BTreeMap;

use wharf_api_cloudwatch::{GetMetricWidgetImageInput, GetMetricWidgetImageOutput};
use wharf_service::{Faults as _, Place};
use wharf_wire::{Call, Fault};

use super::data;
use crate::{
    core::Core,
    fault::{CloudwatchFaults, validation},
    query,
    widget::{
        draw::{self, Drawn},
        palette, png, read,
    },
};

/// Lines of a graph: searches may find many.
const MOST_LINES: usize = 500;
/// Points that rules of Contributor Insights count for a line: an image has no more columns.
const MOST_COUNTED: i64 = 2000;

pub async fn get_metric_widget_image(
    core: &Core,
    call: &Call,
    input: GetMetricWidgetImageInput,
) -> Result<GetMetricWidgetImageOutput, Fault> {
    // The other format is an answer without a protocol around it.
    if let Some(format) = input.output_format.as_deref().filter(|it| *it != "png") {
        return Err(validation(format!(
            "The value {format} for parameter OutputFormat is not supported: it must be png."
        )));
    }
    let place = Place::of(call);
    let text = input.metric_widget.unwrap_or_default();
    let widget = read::widget(&text, call.now, &place.account, &place.region)
        .map_err(|bad| validation(format!("The parameter MetricWidget is not valid: {bad}.")))?;
    let queries = query::read(&place, widget.queries.clone())?;
    if query::ask_rules(&queries) && !has_few_points(&widget) {
        return Err(validation(format!(
            "A graph of Contributor Insights rules may have at most {MOST_COUNTED} points in a line: choose a longer period or a shorter time."
        )));
    }
    data::labels_fit(&queries)?;
    // It may take long, and nobody who draws waits for it.
    let rules = query::counted(core, &place, &queries, widget.range).await?;
    // Before anything else is read: who waits holds little more than what was asked.
    let turn = core.drawing.take(&place.account).await;
    let values = query::answer_with(core, &place, &queries, widget.range, rules).await?;
    let found = data::labelled(&place, &queries, values, widget.zone_minutes)?;
    if found.len() > MOST_LINES {
        return Err(validation(format!(
            "The graph would have more than {MOST_LINES} lines."
        )));
    }
    let shown: BTreeMap<&str, &read::Shown> =
        widget.shown.iter().map(|it| (it.id.as_str(), it)).collect();
    let lines = found.into_iter().enumerate();
    let lines: Vec<Drawn> = lines
        .filter_map(|(number, (id, label, line))| {
            let how = shown.get(id.as_str())?;
            Some(Drawn {
                // No more of it is drawn.
                label: label.chars().take(draw::MOST_TEXT).collect(),
                colour: how.colour.unwrap_or_else(|| palette::of_line(number)),
                side: how.side,
                line,
            })
        })
        .collect();
    if !draw::fits(&widget, lines.len()) {
        return Err(validation(
            "The graph has too many lines and filled areas for its width and height.",
        ));
    }
    // Apart from the tasks that serve others: it may take a while. The turn lasts as long, also when whoever asked
    // has gone.
    let share = core.computing.take(&place.account).await;
    let drawn = tokio::task::spawn_blocking(move || {
        let _held = (turn, share);
        let pixels = draw::pixels(&widget, &lines).map_err(|error| internal(&error))?;
        png::encoded(widget.width, widget.height, &pixels).map_err(|error| internal(&error))
    });
    let image = drawn.await.unwrap_or_else(|error| Err(internal(&error)))?;
    Ok(GetMetricWidgetImageOutput {
        metric_widget_image: Some(image),
    })
}

/// Of each expression, by its period.
fn has_few_points(widget: &read::Widget) -> bool {
    let span = widget.range.to - widget.range.from;
    let expressions = widget.queries.iter().filter(|it| it.expression.is_some());
    let mut periods = expressions.filter_map(|it| it.period);
    periods.all(|it| span / i64::from(it.max(1)) <= MOST_COUNTED)
}

fn internal(error: &dyn std::error::Error) -> Fault {
    CloudwatchFaults::internal(error)
}
