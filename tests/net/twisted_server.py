"""A tournament server on Twisted's AMP: plays one match of two games with whoever connects.

Prints the port, then a line of JSON with what it saw. Independent of the program under test.
"""

import json
import math
import sys

from twisted.internet import defer, protocol, reactor
from twisted.protocols import amp


class Auth(amp.Command):
    response = [(b"token", amp.String()), (b"version", amp.Integer())]


class Ready(amp.Command):
    response = [(b"ready", amp.Boolean())]


class StartGame(amp.Command):
    arguments = [(b"game_id", amp.String())]


class Step(amp.Command):
    arguments = [(b"obv", amp.ListOf(amp.Float()))]
    response = [(b"action", amp.ListOf(amp.Float()))]


class EndGame(amp.Command):
    arguments = [(b"result", amp.Boolean()), (b"stats", amp.ListOf(amp.Float()))]


class Error(amp.Command):
    arguments = [(b"msg", amp.String())]


class Message(amp.Command):
    arguments = [(b"msg", amp.String())]


NUM_STEPS = 300


class Match(amp.AMP):
    def connectionMade(self):
        super().connectionMade()
        self.seen = {"actions": 0, "ready": []}
        self.play().addErrback(self.fail)

    def fail(self, failure):
        self.seen["problem"] = failure.getErrorMessage()
        self.finish()

    def finish(self):
        print(json.dumps(self.seen), flush=True)
        reactor.stop()

    @defer.inlineCallbacks
    def play(self):
        login = yield self.callRemote(Auth)
        self.seen["token"] = login["token"].decode()
        self.seen["version"] = login["version"]
        yield self.ready()
        yield self.callRemote(Message, msg="Authentication successful".encode())
        yield self.game(result=True, stats=[3.0, 1.0])
        yield self.game(result=False, stats=[0.30000000000000004, math.inf])
        self.finish()

    @defer.inlineCallbacks
    def ready(self):
        answer = yield self.callRemote(Ready)
        self.seen["ready"].append(answer["ready"])

    @defer.inlineCallbacks
    def game(self, result, stats):
        yield self.callRemote(StartGame, game_id=bytes(range(16)))
        for step in range(NUM_STEPS):
            observation = [-3.0, 0.0, 0.0, 0.0, 0.0, 0.0, 3.0] + [0.0] * 11
            observation[12] = math.sin(0.1 * step)
            observation[13] = 1e-17 * step
            answer = yield self.callRemote(Step, obv=observation)
            action = answer["action"]
            if len(action) != 4 or not all(-1.0 <= number <= 1.0 for number in action):
                raise ValueError(f"invalid action {action}")
            self.seen["actions"] += 1
        yield self.ready()  # of the next game, before the end of this one
        yield self.callRemote(EndGame, result=result, stats=stats)


def main():
    factory = protocol.Factory.forProtocol(Match)
    port = reactor.listenTCP(0, factory, interface="127.0.0.1")
    print(port.getHost().port, flush=True)
    reactor.callLater(60, reactor.stop)
    reactor.run()


if __name__ == "__main__":
    sys.exit(main())
