"""The one error of this package."""


class LocalError(Exception):
    """The private servers could not be started, kept or stopped.

    Carries no code: it is for the person at the terminal. `sentence` says what happened, `fix` what to do about it;
    the CLI prints both and exits with a status other than 0.
    """

    def __init__(self, sentence: str, fix: str = "") -> None:
        super().__init__(f"{sentence} {fix}".strip())
        self.sentence = sentence
        self.fix = fix
