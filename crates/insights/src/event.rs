//! What a query is asked about.

/// Where an event lies, for who asked; a run only carries it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct At {
    pub source: u32,
    pub offset: u64,
}

/// One log event.
#[derive(Debug, Clone, Copy)]
pub struct Event<'a> {
    /// Milliseconds since 1970.
    pub timestamp: i64,
    pub ingestion: i64,
    pub stream: &'a str,
    /// `<account>:<group>`
    pub log: &'a str,
    /// May be left empty if [`crate::Query::needs_messages`] says so.
    pub message: &'a str,
    /// JSON whose members are the event's fields, if that is not the message.
    pub fields: Option<&'a str>,
    /// Why there are none of them, if a transformer was to make some.
    pub transformation_error: Option<&'static str>,
    /// What `unmask` shows, where that is something else.
    pub unmasked: Option<Unmasked<'a>>,
    pub at: At,
    /// It is of the earlier time that `diff` compares with.
    pub is_earlier: bool,
}

/// An event as it is without masks.
#[derive(Debug, Clone, Copy)]
pub struct Unmasked<'a> {
    pub message: &'a str,
    pub fields: Option<&'a str>,
}

/// An event that is kept.
#[derive(Debug, Clone)]
pub(crate) struct Kept {
    timestamp: i64,
    ingestion: i64,
    stream: Box<str>,
    log: Box<str>,
    message: Box<str>,
    fields: Option<Box<str>>,
    transformation_error: Option<&'static str>,
    unmasked: Option<(Box<str>, Option<Box<str>>)>,
    at: At,
}

impl Kept {
    pub fn of(event: &Event<'_>, with_message: bool) -> Self {
        Self {
            timestamp: event.timestamp,
            ingestion: event.ingestion,
            stream: event.stream.into(),
            log: event.log.into(),
            message: if with_message {
                event.message.into()
            } else {
                "".into()
            },
            fields: event.fields.filter(|_| with_message).map(Into::into),
            transformation_error: event.transformation_error,
            unmasked: event
                .unmasked
                .map(|it| (it.message.into(), it.fields.map(Into::into))),
            at: event.at,
        }
    }

    pub fn event(&self) -> Event<'_> {
        Event {
            timestamp: self.timestamp,
            ingestion: self.ingestion,
            stream: &self.stream,
            log: &self.log,
            message: &self.message,
            fields: self.fields.as_deref(),
            transformation_error: self.transformation_error,
            unmasked: self.unmasked.as_ref().map(|(message, fields)| Unmasked {
                message,
                fields: fields.as_deref(),
            }),
            at: self.at,
            is_earlier: false,
        }
    }

    pub fn bytes(&self) -> usize {
        let texts = self.stream.len() + self.log.len() + self.message.len();
        let fields = |it: &Option<Box<str>>| it.as_ref().map_or(0, |it| it.len());
        let unmasked = self.unmasked.as_ref();
        let unmasked = unmasked.map_or(0, |(message, own)| message.len() + fields(own));
        size_of::<Self>() + texts + fields(&self.fields) + unmasked
    }
}
