//! Delivery policies: how often something is sent to a web server again, when, how fast, and as what. Pure.
//!
//! A topic's policy is under `http`, with `default` before its names; a subscription's has the names alone and goes
//! before it, unless the topic forbids that.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

const LONGEST: usize = 8 << 10;
/// What all retries together may take.
const MOST_SECONDS: f64 = 3600.0;
const MOST_DELAY: u32 = 3600;
const MOST_RETRIES: u32 = 100;
const PLAIN: &str = "text/plain; charset=UTF-8";
/// What `headerContentType` may be, before its parameters.
const CONTENT_TYPES: [&str; 10] = [
    "application/json",
    "application/octet-stream",
    "application/soap+xml",
    "application/x-www-form-urlencoded",
    "application/xml",
    "text/css",
    "text/csv",
    "text/html",
    "text/plain",
    "text/xml",
];

/// Why a text is no policy, as callers are told.
#[derive(Debug, thiserror::Error)]
pub enum BadPolicy {
    #[error("it is too long")]
    TooLong,
    #[error(transparent)]
    Malformed(#[from] serde_json::Error),
    #[error("minDelayTarget and maxDelayTarget must be between 1 and {MOST_DELAY}")]
    Delays,
    #[error("maxDelayTarget must be greater than or equal to minDelayTarget")]
    LeastIsMore,
    #[error("numRetries must be between 0 and {MOST_RETRIES}")]
    Retries,
    #[error("numRetries must be at least the sum of the numbers of phases")]
    Phases,
    #[error("total delay of all retries must not exceed {MOST_SECONDS} seconds")]
    TooSlow,
    #[error("maxReceivesPerSecond must be greater than or equal to 1")]
    Throttle,
    #[error("headerContentType is not a supported content type")]
    ContentType,
}

/// How waits grow from the least to the most.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Backoff {
    Arithmetic,
    Exponential,
    Geometric,
    #[default]
    Linear,
}

/// `healthyRetryPolicy`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct Retries {
    pub min_delay_target: u32,
    pub max_delay_target: u32,
    pub num_retries: u32,
    pub num_max_delay_retries: u32,
    pub num_no_delay_retries: u32,
    pub num_min_delay_retries: u32,
    pub backoff_function: Backoff,
}

impl Default for Retries {
    fn default() -> Self {
        Self {
            min_delay_target: 20,
            max_delay_target: 20,
            num_retries: 3,
            num_max_delay_retries: 0,
            num_no_delay_retries: 0,
            num_min_delay_retries: 0,
            backoff_function: Backoff::Linear,
        }
    }
}

impl Retries {
    /// The wait after so many failures, of which there is at least one: at once, then the least, then growing, then
    /// the most.
    pub fn wait(&self, failures: u32) -> Duration {
        let at = failures.saturating_sub(1);
        let least = f64::from(self.min_delay_target);
        let most = f64::from(self.max_delay_target);
        let growing_from = self.num_no_delay_retries + self.num_min_delay_retries;
        let most_from = self.num_retries.saturating_sub(self.num_max_delay_retries);
        let seconds = if at < self.num_no_delay_retries {
            0.0
        } else if at < growing_from {
            least
        } else if at >= most_from {
            most
        } else {
            let steps = most_from - growing_from;
            self.grown(at - growing_from, steps, least, most)
        };
        Duration::from_secs_f64(seconds)
    }

    /// The wait of a step of many between the least and the most.
    fn grown(&self, step: u32, steps: u32, least: f64, most: f64) -> f64 {
        if steps <= 1 {
            return least;
        }
        let (step, last) = (f64::from(step), f64::from(steps - 1));
        let part = match self.backoff_function {
            Backoff::Linear => step / last,
            // Steps that grow by the same each time.
            Backoff::Arithmetic => step * (step + 1.0) / (last * (last + 1.0)),
            Backoff::Geometric => return least * (most / least).powf(step / last),
            Backoff::Exponential => (step.exp2() - 1.0) / (last.exp2() - 1.0),
        };
        least + (most - least) * part
    }

    fn check(&self) -> Result<(), BadPolicy> {
        let Self {
            min_delay_target: least,
            max_delay_target: most,
            num_retries: all,
            ..
        } = *self;
        if !(1..=MOST_DELAY).contains(&least) || !(1..=MOST_DELAY).contains(&most) {
            return Err(BadPolicy::Delays);
        }
        if least > most {
            return Err(BadPolicy::LeastIsMore);
        }
        if all > MOST_RETRIES {
            return Err(BadPolicy::Retries);
        }
        let phases = [
            self.num_no_delay_retries,
            self.num_min_delay_retries,
            self.num_max_delay_retries,
        ];
        let phases = phases.iter().try_fold(0u32, |sum, it| sum.checked_add(*it));
        if phases.is_none_or(|sum| sum > all) {
            return Err(BadPolicy::Phases);
        }
        let total: f64 = (1..=all).map(|it| self.wait(it).as_secs_f64()).sum();
        match total > MOST_SECONDS {
            true => Err(BadPolicy::TooSlow),
            false => Ok(()),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Throttle {
    pub max_receives_per_second: Option<u32>,
}

impl Throttle {
    fn check(&self) -> Result<(), BadPolicy> {
        match self.max_receives_per_second {
            Some(0) => Err(BadPolicy::Throttle),
            _ => Ok(()),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Outgoing {
    pub header_content_type: Option<String>,
}

impl Outgoing {
    fn check(&self) -> Result<(), BadPolicy> {
        let Some(given) = &self.header_content_type else {
            return Ok(());
        };
        let kind = given.split(';').next().unwrap_or_default().trim();
        let fits = |it: char| it.is_ascii_graphic() || it == ' ';
        let known = CONTENT_TYPES.iter().any(|it| it.eq_ignore_ascii_case(kind));
        match known && given.chars().all(fits) {
            true => Ok(()),
            false => Err(BadPolicy::ContentType),
        }
    }
}

/// A subscription's policy.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct OfSubscription {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub healthy_retry_policy: Option<Retries>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub throttle_policy: Option<Throttle>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub request_policy: Option<Outgoing>,
}

/// What a topic says for all its web servers.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub struct OfTopic {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default_healthy_retry_policy: Option<Retries>,
    pub disable_subscription_overrides: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default_throttle_policy: Option<Throttle>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default_request_policy: Option<Outgoing>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Topic {
    http: OfTopic,
}

fn read<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, BadPolicy> {
    if text.len() > LONGEST {
        return Err(BadPolicy::TooLong);
    }
    Ok(serde_json::from_str(text)?)
}

fn checked(
    retries: &Option<Retries>,
    throttle: &Option<Throttle>,
    outgoing: &Option<Outgoing>,
) -> Result<(), BadPolicy> {
    retries.as_ref().map_or(Ok(()), Retries::check)?;
    throttle.as_ref().map_or(Ok(()), Throttle::check)?;
    outgoing.as_ref().map_or(Ok(()), Outgoing::check)
}

impl OfSubscription {
    /// # Errors
    /// Why the text is no policy.
    pub fn parse(text: &str) -> Result<Self, BadPolicy> {
        let it: Self = read(text)?;
        checked(
            &it.healthy_retry_policy,
            &it.throttle_policy,
            &it.request_policy,
        )?;
        Ok(it)
    }
}

impl OfTopic {
    /// # Errors
    /// Why the text is no policy.
    pub fn parse(text: &str) -> Result<Self, BadPolicy> {
        let Topic { http: it } = read(text)?;
        checked(
            &it.default_healthy_retry_policy,
            &it.default_throttle_policy,
            &it.default_request_policy,
        )?;
        Ok(it)
    }

    /// As `EffectiveDeliveryPolicy` shows it.
    pub fn effective(&self) -> String {
        let mut shown = json!({
            "defaultHealthyRetryPolicy": self.default_healthy_retry_policy.clone().unwrap_or_default(),
            "disableSubscriptionOverrides": self.disable_subscription_overrides,
            "defaultRequestPolicy": {"headerContentType": content_type(self.default_request_policy.as_ref())},
        });
        if let Some(throttle) = &self.default_throttle_policy {
            shown["defaultThrottlePolicy"] = json!(throttle);
        }
        json!({ "http": shown }).to_string()
    }
}

fn content_type(outgoing: Option<&Outgoing>) -> String {
    let given = outgoing.and_then(|it| it.header_content_type.clone());
    given.unwrap_or_else(|| PLAIN.to_owned())
}

/// What holds for one subscription.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Effective {
    #[serde(default)]
    pub retries: Retries,
    #[serde(default)]
    pub per_second: Option<u32>,
    #[serde(default)]
    pub content_type: Option<String>,
}

impl Effective {
    pub fn of(topic: Option<&OfTopic>, subscription: Option<&OfSubscription>) -> Self {
        let fixed = topic.is_some_and(|it| it.disable_subscription_overrides);
        let own = subscription.filter(|_| !fixed);
        let retries = own.and_then(|it| it.healthy_retry_policy.as_ref());
        let retries =
            retries.or_else(|| topic.and_then(|it| it.default_healthy_retry_policy.as_ref()));
        let throttle = own.and_then(|it| it.throttle_policy.as_ref());
        let throttle =
            throttle.or_else(|| topic.and_then(|it| it.default_throttle_policy.as_ref()));
        let outgoing = own.and_then(|it| it.request_policy.as_ref());
        let outgoing = outgoing.or_else(|| topic.and_then(|it| it.default_request_policy.as_ref()));
        Self {
            retries: retries.cloned().unwrap_or_default(),
            per_second: throttle.and_then(|it| it.max_receives_per_second),
            content_type: outgoing.and_then(|it| it.header_content_type.clone()),
        }
    }

    pub fn content_type(&self) -> &str {
        self.content_type.as_deref().unwrap_or(PLAIN)
    }

    /// As `EffectiveDeliveryPolicy` shows it.
    pub fn shown(&self) -> String {
        let mut shown: Value = json!({
            "healthyRetryPolicy": self.retries,
            "sicklyRetryPolicy": null,
            "throttlePolicy": null,
            "requestPolicy": {"headerContentType": self.content_type()},
            "guaranteed": false,
        });
        if let Some(rate) = self.per_second {
            shown["throttlePolicy"] = json!({ "maxReceivesPerSecond": rate });
        }
        shown.to_string()
    }
}

#[cfg(test)]
mod tests;
