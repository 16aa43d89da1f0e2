//! Reading from the terminal: outside its line mode, which cuts a line after 4095 bytes (1023 on macOS), and only in the
//! foreground, so that a background job is not stopped.

use std::io::stdin;
use std::os::fd::AsFd;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::{SigSet, SigmaskHow, Signal};
use nix::sys::termios::{LocalFlags, SetArg, SpecialCharacterIndices, Termios, tcgetattr, tcsetattr};
use nix::unistd::{getpgrp, read, tcgetpgrp};

/// How often a job looks whether it is in the foreground: no signal says so.
const LOOK_AGAIN: Duration = Duration::from_millis(500);
/// The lines of one paste follow each other without a pause.
const PAUSE: Duration = Duration::from_millis(100);
/// Longer than any address, and than any secret.
const INPUT_MAX: usize = 64 * 1024;

pub(super) enum Input {
    Text(String),
    /// Ctrl-C or Ctrl-\, which are ordinary characters while the input is hidden.
    Interrupted,
    Ended,
}

#[derive(Clone, Copy, PartialEq)]
pub(super) enum Typing {
    /// All lines of one paste, echoed.
    Shown,
    /// One line, not echoed.
    Hidden,
}

/// The terminal while this program reads it. Its settings are restored on drop.
pub(super) struct Terminal(Arc<Mutex<Settings>>);

/// A reader of a [`Terminal`], for a thread of its own. It ends when the terminal is dropped.
pub(super) struct Reader {
    settings: Arc<Mutex<Settings>>,
    typing: Typing,
    typed: Typed,
}

#[derive(Default)]
struct Settings {
    saved: Option<Termios>,
    closed: bool,
}

impl Terminal {
    pub(super) fn open(typing: Typing) -> (Self, Reader) {
        let settings = Arc::<Mutex<Settings>>::default();
        (Self(settings.clone()), Reader { settings, typing, typed: Typed::default() })
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let mut settings = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        settings.closed = true;
        if let Some(saved) = settings.saved.take()
            && is_in_foreground()
        {
            // What is left of a paste must not become a command of the shell.
            without_stop(|| tcsetattr(stdin(), SetArg::TCSAFLUSH, &saved)).unwrap_or_default();
        }
    }
}

impl Reader {
    /// Reads one input; waits while this program is in the background.
    pub(super) fn read(&mut self) -> Input {
        loop {
            if self.is_closed() {
                return Input::Ended;
            }
            if !is_in_foreground() {
                std::thread::sleep(LOOK_AGAIN);
                continue;
            }
            if self.change_settings().is_err() {
                return Input::Ended;
            }
            // A paste has ended when nothing follows its last line.
            let pause = if self.typed.is_line() { PAUSE } else { LOOK_AGAIN };
            match read_bytes(pause) {
                Ok(Some(bytes)) if bytes.is_empty() => return Input::Ended,
                Ok(Some(bytes)) => {
                    for byte in bytes {
                        match self.typed.push(byte, self.typing) {
                            Key::Typed => {}
                            Key::Enter if self.typing == Typing::Shown => {}
                            Key::Enter => return Input::Text(self.typed.take()),
                            Key::Interrupt => return Input::Interrupted,
                            Key::End => return Input::Ended,
                        }
                    }
                }
                Ok(None) if self.typed.is_line() => return Input::Text(self.typed.take()),
                // The job went into the background meanwhile.
                Ok(None) | Err(Errno::EIO | Errno::EINTR) => {}
                Err(_) => return Input::Ended,
            }
        }
    }

    fn is_closed(&self) -> bool {
        self.settings.lock().unwrap_or_else(PoisonError::into_inner).closed
    }

    /// Leaves the line mode of the terminal. A shell may have restored it while this program was stopped.
    fn change_settings(&self) -> nix::Result<()> {
        let mut settings = self.settings.lock().unwrap_or_else(PoisonError::into_inner);
        let mut now = tcgetattr(stdin())?;
        if settings.closed || !now.local_flags.contains(LocalFlags::ICANON) {
            return Ok(());
        }
        settings.saved.get_or_insert_with(|| now.clone());
        now.local_flags.remove(LocalFlags::ICANON);
        if self.typing == Typing::Hidden {
            // Without ISIG no signal ends the program before the echo is back.
            now.local_flags.remove(LocalFlags::ECHO | LocalFlags::ISIG);
        }
        now.control_chars[SpecialCharacterIndices::VMIN as usize] = 1;
        now.control_chars[SpecialCharacterIndices::VTIME as usize] = 0;
        without_stop(|| tcsetattr(stdin(), SetArg::TCSANOW, &now))
    }
}

/// Whether this program may read its terminal. A standard input that is no terminal of ours has no foreground.
pub(super) fn is_in_foreground() -> bool {
    tcgetpgrp(stdin()).map_or(true, |group| group == getpgrp())
}

/// The bytes that are there after at most `timeout`: `None` if there are none, empty at the end of the input.
fn read_bytes(timeout: Duration) -> nix::Result<Option<Vec<u8>>> {
    let input = stdin();
    let timeout = PollTimeout::try_from(timeout).unwrap_or(PollTimeout::ZERO);
    if poll(&mut [PollFd::new(input.as_fd(), PollFlags::POLLIN)], timeout)? == 0 {
        return Ok(None);
    }
    let mut bytes = vec![0; 4096];
    let count = without_stop(|| read(input.as_fd(), &mut bytes))?;
    bytes.truncate(count);
    Ok(Some(bytes))
}

/// A call of the terminal that fails, instead of stopping the program, if it has just gone into the background.
fn without_stop<T>(call: impl FnOnce() -> nix::Result<T>) -> nix::Result<T> {
    let mut signals = SigSet::empty();
    signals.add(Signal::SIGTTIN);
    signals.add(Signal::SIGTTOU);
    let before = signals.thread_swap_mask(SigmaskHow::SIG_BLOCK)?;
    let result = call();
    before.thread_set_mask()?;
    result
}

/// What was typed, edited as the line mode of a terminal does.
#[derive(Default)]
struct Typed(Vec<u8>);

#[derive(Debug, PartialEq)]
enum Key {
    Typed,
    Enter,
    Interrupt,
    End,
}

impl Typed {
    fn push(&mut self, byte: u8, typing: Typing) -> Key {
        match byte {
            b'\n' | b'\r' => {
                self.0.push(b'\n');
                return Key::Enter;
            }
            // Ctrl-D.
            0x04 if self.0.is_empty() => return Key::End,
            0x04 => {}
            // Ctrl-C and Ctrl-\.
            0x03 | 0x1C if typing == Typing::Hidden => return Key::Interrupt,
            // Backspace takes a whole character.
            0x08 | 0x7F => while self.0.pop().is_some_and(|byte| byte & 0xC0 == 0x80) {},
            // Ctrl-U.
            0x15 => self.0.clear(),
            _ if self.0.len() < INPUT_MAX => self.0.push(byte),
            _ => {}
        }
        Key::Typed
    }

    fn is_line(&self) -> bool {
        self.0.last() == Some(&b'\n')
    }

    fn take(&mut self) -> String {
        String::from_utf8_lossy(&std::mem::take(&mut self.0)).into_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn typed_characters_are_edited_as_in_a_line() {
        for (keys, text) in [
            ("abc\n", "abc\n"),
            ("abd\x7fc\r", "abc\n"),
            ("ü\x08u\n", "u\n"),
            ("wrong\x15right\n", "right\n"),
            ("\x7f\n", "\n"),
            ("a\nb\n", "a\nb\n"),
        ] {
            let mut typed = Typed::default();
            for byte in keys.bytes() {
                assert!(matches!(typed.push(byte, Typing::Shown), Key::Typed | Key::Enter), "{keys:?}");
            }
            assert!(typed.is_line());
            assert_eq!(typed.take(), text, "{keys:?}");
        }
        assert_eq!(Typed::default().push(0x04, Typing::Hidden), Key::End);
        assert_eq!(Typed::default().push(0x03, Typing::Hidden), Key::Interrupt);
    }
}
