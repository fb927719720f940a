//! Reads the stream of events, for a person or for a program.

use std::sync::{Arc, Mutex, PoisonError};

use landfall_operations::event::{Event, Observer, Record};
use landfall_presentation::json::line;

use crate::printer::Printer;
use crate::render::notes::note_text;
use crate::render::progress::Progress;

/// A reader of the stream.
pub(crate) enum Reader {
    /// For a person: lines on stderr, live ones while a run is at work.
    Human {
        /// Where its words go.
        printer: Printer,
        /// The run that is at work.
        progress: Arc<Mutex<Option<Progress>>>,
    },
    /// For a program: one line for each event, on stdout; notes also on stderr.
    Json(Printer),
}

impl Reader {
    /// Returns one for a person.
    pub(crate) fn human(printer: &Printer) -> Reader {
        Reader::Human { printer: printer.clone(), progress: Arc::default() }
    }

    /// Returns one for a program.
    pub(crate) fn json(printer: &Printer) -> Reader {
        Reader::Json(printer.clone())
    }
}

impl Observer for Reader {
    fn observe(&self, record: &Record) {
        match self {
            Reader::Human { printer, progress } => {
                let mut progress = progress.lock().unwrap_or_else(PoisonError::into_inner);
                match &record.event {
                    Event::RunStarted(_) => *progress = Some(Progress::new(printer)),
                    Event::Step(step) => {
                        if let Some(progress) = &mut *progress {
                            progress.report(step);
                        }
                    }
                    Event::Summary(_) => *progress = None,
                    Event::Note(note) => printer.note(note_text(note)),
                    // The one who asked for it was told when the signal came.
                    Event::Call { .. } | Event::Cancelling { .. } => {}
                }
            }
            Reader::Json(printer) => {
                if let Event::Note(note) = &record.event {
                    printer.note(note_text(note));
                }
                // A reader who went away must not stop the run half-way.
                let _ = printer.answer(line(record));
            }
        }
    }
}
