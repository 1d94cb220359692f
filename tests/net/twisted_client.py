"""A tournament client on Twisted's AMP: plays one game on the server at the port given.

usage: twisted_client.py PORT TOKEN. Prints a line of JSON with what it saw. Independent of the
program under test; runs towards the puck, which is all the skill it has.
"""

import json
import sys

from twisted.internet import endpoints, reactor
from twisted.protocols import amp

from twisted_server import Auth, EndGame, Error, Message, Ready, StartGame, Step


class Player(amp.AMP):
    def __init__(self, token):
        super().__init__()
        self.token = token
        self.seen = {"order": [], "steps": 0, "messages": [], "errors": [], "lengths": []}

    def note(self, word):
        if self.seen["order"][-1:] != [word]:
            self.seen["order"].append(word)

    @Auth.responder
    def auth(self):
        self.note("Auth")
        return {"token": self.token.encode(), "version": 1}

    @Ready.responder
    def ready(self):
        self.note("Ready")
        return {"ready": self.seen["steps"] == 0}

    @StartGame.responder
    def start(self, game_id):
        self.note("StartGame")
        self.seen["game"] = game_id.hex()
        return {}

    @Step.responder
    def step(self, obv):
        self.note("Step")
        self.seen["steps"] += 1
        if len(obv) not in self.seen["lengths"]:
            self.seen["lengths"].append(len(obv))
        towards = [max(-1.0, min(1.0, obv[12 + i] - obv[i])) for i in (0, 1)]
        return {"action": towards + [0.0, 1.0]}

    @EndGame.responder
    def end(self, result, stats):
        self.note("EndGame")
        self.seen["result"] = result
        self.seen["stats"] = stats
        reactor.callLater(0, self.transport.loseConnection)
        return {}

    @Error.responder
    def error(self, msg):
        self.seen["errors"].append(msg.decode())
        return {}

    @Message.responder
    def message(self, msg):
        self.seen["messages"].append(msg.decode())
        return {}

    def connectionLost(self, reason):
        super().connectionLost(reason)
        print(json.dumps(self.seen), flush=True)
        if reactor.running:
            reactor.stop()


def main():
    port, token = int(sys.argv[1]), sys.argv[2]
    endpoint = endpoints.TCP4ClientEndpoint(reactor, "127.0.0.1", port)
    endpoints.connectProtocol(endpoint, Player(token))
    reactor.callLater(60, reactor.stop)
    reactor.run()


if __name__ == "__main__":
    main()
