//! `wharf top`: what runs and what it uses, live; once for scripts.
//!
//! [`reader`] asks, in a thread of its own, so that keys are answered while a look takes long; [`model`] is what one
//! look says, [`views`] its tables, [`app`] what the user looks at, all pure; [`draw`] draws them.

mod app;
mod draw;
mod model;
mod reader;
mod screen;
mod usage;
mod views;

use std::{
    io::{self, IsTerminal, stdin, stdout},
    process::ExitCode,
    sync::mpsc::{self, Receiver, Sender, TryRecvError},
    thread,
    time::{Duration, Instant},
};

use ratatui::crossterm::event::{self, Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use tokio::signal::unix::{SignalKind, signal};

use crate::{
    args::TopArgs,
    call,
    layout::Layout,
    place,
    problem::Problem,
    status::{self, screen::Screen as Page},
    style::Style,
};
use app::{App, Key, Next};
use model::Model;
use reader::Reader;
use screen::Screen;
use views::Tab;

/// Between two looks, at least; and so many times what a look took, so that a large installation is not kept busy.
const PAUSE: Duration = Duration::from_secs(1);
const PAUSE_FACTOR: u32 = 4;
/// How long a key or a new model may wait for the frame that shows it.
const TICK: Duration = Duration::from_millis(250);

pub fn run(args: &TopArgs) -> Result<ExitCode, Problem> {
    let layout = Layout::new(&args.output.data.data)?;
    let settings = place::settings(layout.settings()?, &args.region, None)?;
    let once = args.once || args.output.json;
    let is_terminal = stdout().is_terminal() && stdin().is_terminal();
    if !once && !is_terminal {
        return Err(Problem::other(
            "wharf top draws on a terminal, and this is none: --once prints the same as text, --json for machines",
        ));
    }
    let mut reader = Reader::new(layout, settings);
    // What keeps the first look from succeeding is said as by any other command.
    let model = call::block_on(reader.look())?;
    if args.output.json {
        let text = serde_json::to_string(&model);
        let text = text.map_err(|cause| Problem::caused("cannot print", cause))?;
        println!("{text}");
    } else if once {
        print!(
            "{}",
            page(&model).text(status::size(true), Style::of_stdout())
        );
    } else {
        live(reader, model)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// All tables one below the other.
fn page(model: &Model) -> Page {
    let mut tables: Vec<_> = Tab::ALL
        .into_iter()
        .map(|tab| views::view(model, tab, "").table())
        .collect();
    tables.push(views::events(model).table());
    let mut head = vec![format!(
        "wharf {} in {}: {}",
        model.endpoint, model.region, model.summary
    )];
    if model.tasks_left_out > 0 {
        head.push(format!("{} tasks more are not shown", model.tasks_left_out));
    }
    head.extend(model.missing.iter().map(|it| format!("not read: {it}")));
    let limits = views::limits(model);
    Page {
        head,
        tables,
        foot: match limits.is_empty() {
            true => "nothing is near a limit".to_owned(),
            false => format!("near a limit: {limits}"),
        },
        rest: "",
    }
}

/// What the thread that looks has to say.
enum News {
    /// Signals are heard from now on.
    Listens,
    Model(Box<Model>),
    /// Why a look brought nothing.
    Problem(String),
    /// A signal wants the command to end.
    End,
}

fn live(reader: Reader, model: Model) -> Result<(), Problem> {
    let (tell, news) = mpsc::channel();
    // It ends with the process: nothing waits for a look that may take long.
    thread::Builder::new()
        .name("reader".to_owned())
        .spawn(move || look_again(reader, &tell))
        .map_err(|cause| Problem::caused("cannot start", cause))?;
    // A signal that came before would leave the terminal as it is taken.
    if let Ok(News::Problem(text)) = news.recv() {
        return Err(Problem::other(text));
    }
    let mut screen =
        Screen::enter().map_err(|cause| Problem::caused("cannot draw on this terminal", cause))?;
    show(&mut screen, model, &news).map_err(|cause| Problem::caused("cannot draw", cause))
}

/// Until nobody listens.
fn look_again(mut reader: Reader, tell: &Sender<News>) {
    let looked: Result<(), Problem> = call::block_on(async {
        let cannot = |cause| Problem::caused("cannot hear signals", cause);
        let mut ends = [
            signal(SignalKind::interrupt()).map_err(cannot)?,
            signal(SignalKind::terminate()).map_err(cannot)?,
            signal(SignalKind::hangup()).map_err(cannot)?,
        ];
        let [interrupt, terminate, hangup] = &mut ends;
        let _ = tell.send(News::Listens);
        let looking = async {
            let mut pause = PAUSE;
            loop {
                tokio::time::sleep(pause).await;
                let begun = Instant::now();
                let told = tell.send(match reader.look().await {
                    Ok(model) => News::Model(Box::new(model)),
                    Err(problem) => News::Problem(problem.to_string()),
                });
                if told.is_err() {
                    return;
                }
                pause = PAUSE.max(begun.elapsed() * PAUSE_FACTOR);
            }
        };
        tokio::select! {
            () = looking => {}
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
            _ = hangup.recv() => {}
        }
        Ok(())
    });
    if let Err(problem) = looked {
        let _ = tell.send(News::Problem(problem.to_string()));
    }
    let _ = tell.send(News::End);
}

/// Draws until the user, a signal or the end of the other thread says to stop.
fn show(screen: &mut Screen, mut model: Model, news: &Receiver<News>) -> io::Result<()> {
    let (mut app, mut problem, mut read) = (App::default(), String::new(), Instant::now());
    let colour = std::env::var_os("NO_COLOR").is_none();
    loop {
        match news.try_recv() {
            Ok(News::Model(new)) => (model, problem, read) = (*new, String::new(), Instant::now()),
            Ok(News::Problem(text)) => problem = text,
            Ok(News::Listens) => {}
            Ok(News::End) => return Ok(()),
            Err(TryRecvError::Disconnected) => {
                return Err(io::Error::other("nobody looks any more"));
            }
            Err(TryRecvError::Empty) => {}
        }
        let said = draw::Said {
            problem: &problem,
            age_s: read.elapsed().as_secs(),
            colour,
        };
        screen
            .terminal
            .draw(|frame| draw::frame(frame, &mut app, &model, &said))?;
        // All keys that wait are taken before the next frame.
        let mut wait = TICK;
        while event::poll(wait)? {
            wait = Duration::ZERO;
            let Some(key) = key_of(&event::read()?) else {
                continue;
            };
            let view = views::view(&model, app.tab, &app.filter);
            if app.press(key, &view) == Next::Quit {
                return Ok(());
            }
        }
    }
}

fn key_of(event: &Event) -> Option<Key> {
    let Event::Key(KeyEvent {
        code,
        modifiers,
        kind: KeyEventKind::Press | KeyEventKind::Repeat,
        ..
    }) = event
    else {
        return None;
    };
    if modifiers.contains(KeyModifiers::CONTROL) {
        return (*code == KeyCode::Char('c')).then_some(Key::Interrupt);
    }
    if modifiers.contains(KeyModifiers::ALT) {
        return None;
    }
    Some(match code {
        KeyCode::Char(typed) => Key::Char(*typed),
        KeyCode::Tab => Key::Right,
        KeyCode::BackTab | KeyCode::Left => Key::Left,
        KeyCode::Right => Key::Right,
        KeyCode::Up => Key::Up,
        KeyCode::Down => Key::Down,
        KeyCode::PageUp => Key::PageUp,
        KeyCode::PageDown => Key::PageDown,
        KeyCode::Home => Key::Home,
        KeyCode::End => Key::End,
        KeyCode::Enter => Key::Enter,
        KeyCode::Esc => Key::Escape,
        KeyCode::Backspace => Key::Backspace,
        _ => return None,
    })
}
