//! The client of QMP, the JSON protocol that QEMU is controlled with.

use std::io;
use std::time::Duration;

use serde_json::{Value, json};

use super::EmulatorVersion;
use super::socket::{FramedSocket, SharedReader};
use super::timeout::{ResponseTimeout, Wait};

/// The event of a reset of the machine, whoever caused it.
const RESET: &str = "RESET";

/// One line from QEMU.
#[derive(Debug, PartialEq)]
enum Message {
    Greeting(EmulatorVersion),
    Event(String),
    /// The result of a command.
    Return(Value),
    /// The description of why a command failed.
    Error(String),
}

impl Message {
    fn parse(line: &str) -> io::Result<Self> {
        Self::from_json(line).ok_or_else(|| {
            let text = format!("`{line}`, which is no QMP message");
            io::Error::new(io::ErrorKind::InvalidData, text)
        })
    }

    fn from_json(line: &str) -> Option<Self> {
        let mut message: Value = serde_json::from_str(line).ok()?;
        if let Some(greeting) = message.get("QMP") {
            let version = greeting.get("version")?.get("qemu")?;
            let number = |name: &str| version.get(name)?.as_u64();
            return Some(Self::Greeting(EmulatorVersion {
                major: number("major")?,
                minor: number("minor")?,
            }));
        }
        if let Some(event) = message.get("event") {
            return Some(Self::Event(event.as_str()?.to_owned()));
        }
        if let Some(error) = message.get("error") {
            let description = error.get("desc").and_then(Value::as_str);
            return Some(Self::Error(description?.to_owned()));
        }
        message.get_mut("return").map(Value::take).map(Self::Return)
    }
}

/// A connected client in command mode.
#[derive(Debug)]
pub(crate) struct QmpClient {
    socket: FramedSocket,
    timeout: ResponseTimeout,
    version: EmulatorVersion,
    /// Whether the machine was reset since [`QmpClient::take_reset`].
    reset_seen: bool,
}

impl QmpClient {
    /// Reads the greeting, and leaves capabilities negotiation.
    pub(crate) fn negotiate(socket: FramedSocket, timeout: ResponseTimeout) -> io::Result<Self> {
        let mut client = Self {
            socket,
            timeout,
            version: EmulatorVersion::default(),
            reset_seen: false,
        };
        let mut wait = client.timeout.start();
        match client.next(&mut wait)? {
            Message::Greeting(version) => client.version = version,
            other => return Err(unexpected(&other)),
        }
        client.execute("qmp_capabilities", None)?;
        Ok(client)
    }

    /// What QEMU says its version is.
    pub(crate) fn version(&self) -> EmulatorVersion {
        self.version
    }

    /// Reads from this other source too whenever an answer is awaited.
    pub(crate) fn drain_while_waiting(&mut self, other: &SharedReader) {
        self.socket.reader.drain_while_waiting(other);
    }

    /// Executes a command, and gives what it returns.
    pub(crate) fn execute(&mut self, command: &str, arguments: Option<Value>) -> io::Result<Value> {
        let mut request = json!({ "execute": command });
        if let (Some(arguments), Some(request)) = (arguments, request.as_object_mut()) {
            request.insert("arguments".to_owned(), arguments);
        }
        let line = format!("{request}\n");
        self.socket.send(line.as_bytes(), self.timeout.limit())?;
        let mut wait = self.timeout.start();
        loop {
            match self.next(&mut wait)? {
                Message::Return(value) => return Ok(value),
                Message::Event(event) => self.note(&event),
                other => return Err(unexpected(&other)),
            }
        }
    }

    /// Resets the machine, and waits until that is done.
    pub(crate) fn system_reset(&mut self) -> io::Result<()> {
        self.take_events()?;
        self.reset_seen = false;
        self.execute("system_reset", None)?;
        let mut wait = self.timeout.start();
        while !self.reset_seen {
            match self.next(&mut wait)? {
                Message::Event(event) => self.note(&event),
                other => return Err(unexpected(&other)),
            }
        }
        Ok(())
    }

    /// Whether the machine was reset since this was last asked.
    pub(crate) fn take_reset(&mut self) -> io::Result<bool> {
        self.take_events()?;
        Ok(std::mem::take(&mut self.reset_seen))
    }

    /// Takes the events that wait, so that they never pile up.
    fn take_events(&mut self) -> io::Result<()> {
        loop {
            match self.next(&mut Wait::at_most(Duration::ZERO)) {
                Ok(Message::Event(event)) => self.note(&event),
                Ok(other) => return Err(unexpected(&other)),
                Err(error) if error.kind() == io::ErrorKind::TimedOut => return Ok(()),
                Err(error) => return Err(error),
            }
        }
    }

    fn next(&mut self, wait: &mut Wait) -> io::Result<Message> {
        Message::parse(&self.socket.reader.line(wait)?)
    }

    fn note(&mut self, event: &str) {
        self.reset_seen |= event == RESET;
    }
}

fn unexpected(message: &Message) -> io::Error {
    let text = match message {
        Message::Error(description) => description.clone(),
        other => format!("{other:?}"),
    };
    io::Error::new(io::ErrorKind::InvalidData, text)
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead, BufReader, Write};
    use std::os::unix::net::UnixStream;
    use std::thread;

    use super::*;

    const GREETING: &str =
        r#"{"QMP": {"version": {"qemu": {"micro": 22, "minor": 2, "major": 7}}}}"#;

    /// A client of a peer that answers each line it gets with these.
    fn client(answers: &'static [&'static str]) -> QmpClient {
        let (stream, mut peer) = UnixStream::pair().unwrap();
        thread::spawn(move || {
            let mut requests = BufReader::new(peer.try_clone().unwrap()).lines();
            writeln!(peer, "{GREETING}").unwrap();
            for answer in [r#"{"return": {}}"#].iter().chain(answers) {
                let _ = requests.next();
                writeln!(peer, "{answer}").unwrap();
            }
            // It stays until the client has gone.
            let _ = requests.next();
        });
        let socket = FramedSocket::new(stream).unwrap();
        let timeout = ResponseTimeout::new(Duration::from_secs(10));
        QmpClient::negotiate(socket, timeout).unwrap()
    }

    #[test]
    fn the_greeting_has_the_version() {
        let version = EmulatorVersion { major: 7, minor: 2 };
        assert_eq!(client(&[]).version(), version);
        assert!(Message::parse("{}").is_err());
        assert!(Message::parse(r#"{"QMP": {}}"#).is_err());
    }

    #[test]
    fn a_string_that_looks_like_an_event_is_none() {
        let answer = r#"{"return": {"text": "\"event\": \"RESET\""}}"#;
        let mut client = client(&[r#"{"return": {"text": "\"event\": \"RESET\""}}"#]);
        let returned = client.execute("query", None).unwrap();
        assert_eq!(returned["text"], "\"event\": \"RESET\"");
        assert!(!client.take_reset().unwrap());
        assert!(matches!(Message::parse(answer), Ok(Message::Return(_))));
    }

    #[test]
    fn an_event_before_the_answer_is_noted() {
        let event = r#"{"event": "RESET", "data": {"guest": true}}"#;
        let mut client = client(&[concat!(
            r#"{"event": "RESET", "data": {"guest": true}}"#,
            "\n",
            r#"{"return": {}}"#
        )]);
        assert!(matches!(Message::parse(event), Ok(Message::Event(_))));
        client.execute("query-status", None).unwrap();
        assert!(client.take_reset().unwrap());
        assert!(!client.take_reset().unwrap(), "it is told once");
    }

    #[test]
    fn a_command_that_fails_has_the_description() {
        let answer = r#"{"error": {"class": "CommandNotFound", "desc": "no such command"}}"#;
        assert!(matches!(Message::parse(answer), Ok(Message::Error(_))));
        let mut client =
            client(&[r#"{"error": {"class": "CommandNotFound", "desc": "no such command"}}"#]);
        let error = client.execute("fly", None).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::InvalidData);
        assert_eq!(error.to_string(), "no such command");
    }
}
