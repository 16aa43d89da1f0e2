use crate::domain::error::Failure;
use crate::engine::Engine;

/// The engine, or why it did not open: the window shows a home or an index that cannot be used.
pub(super) struct OpenedEngine(Result<Engine, Failure>);

impl OpenedEngine {
    pub(super) fn new(opened: Result<Engine, Failure>) -> Self {
        Self(opened)
    }

    pub(super) fn get(&self) -> Result<&Engine, Failure> {
        self.0.as_ref().map_err(Clone::clone)
    }
}
