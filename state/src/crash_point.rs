//! Where a process dies, for tests and rehearsals.

/// A moment in the life of a process that writes a state. Writes are counted from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CrashPoint {
    /// All of the write was prepared, and nothing of it is durable.
    Before(usize),
    /// The write is durable, and nobody was told.
    After(usize),
}

impl std::fmt::Display for CrashPoint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            CrashPoint::Before(write) => write!(f, "before:{write}"),
            CrashPoint::After(write) => write!(f, "after:{write}"),
        }
    }
}

impl std::str::FromStr for CrashPoint {
    type Err = String;

    fn from_str(text: &str) -> Result<CrashPoint, String> {
        let unknown = || format!("`{text}` is no crash point");
        let (moment, write) = text.split_once(':').ok_or_else(unknown)?;
        let write = write.parse().map_err(|_| unknown())?;
        match moment {
            "before" => Ok(CrashPoint::Before(write)),
            "after" => Ok(CrashPoint::After(write)),
            _ => Err(unknown()),
        }
    }
}
