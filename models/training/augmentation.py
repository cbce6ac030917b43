"""Examples that we made up, so that words which are only near abuse do not count as abuse.

Terms for people get plain sentences beside the hostile ones that the data is full of, and hostile ones with each term
alike, so that the term itself says nothing. Words that merely contain a rude one get plain sentences, too.
"""

from __future__ import annotations

from itertools import product

import numpy as np
from numpy.typing import NDArray

from models.labels import LABELS
from models.training.datasets import UNKNOWN, Examples

IDENTITY_TERMS = (
    "gay", "lesbian", "bisexual", "transgender", "trans", "queer", "lgbt", "lgbtq", "homosexual", "straight",
    "heterosexual", "male", "female", "nonbinary", "african american", "african", "american", "black", "white",
    "european", "hispanic", "latino", "latina", "latinx", "mexican", "canadian", "asian", "indian", "middle eastern",
    "chinese", "japanese", "korean", "arab", "pakistani", "christian", "muslim", "jewish", "buddhist", "catholic",
    "protestant", "sikh", "hindu", "taoist", "atheist", "old", "older", "young", "younger", "teenage", "millennial",
    "millenial", "middle aged", "elderly", "blind", "deaf", "paralyzed", "disabled", "autistic", "immigrant",
    "refugee", "roma", "turkish", "polish", "irish", "nigerian", "indigenous",
)  # fmt: skip
_PLAIN = (
    "My neighbour is {}.", "I am {} and I like this paper.", "Being {} is part of who I am.",
    "She is a proud {} woman.",
    "We met a {} family at the market.", "{} people live in every town.", "He is {}.", "You are a kind {} friend.",
    "A {} man was elected mayor.", "My {} doctor was great.", "I respect {} people.", "{} readers wrote to us.",
    "Thank you to our {} volunteers.", "I love being {}.", "Many {} artists live here.", "What a lovely {} couple.",
    "I am {}.", "you are {}", "a gentle {} boy", "support {} people", "{} history month", "admire {} people",
    "Our teacher is {} and everybody likes her.", "a warm, funny {} writer", "They are {} and happy.",
    "Carla is a friendly {} colleague.", "Ben is a nice {}", "you are a good {}", "{}", "Frank is {}",
    "I am a {} person, ask me anything.", "Ruth is a cheerful {}", "an honest {} neighbour",
)  # fmt: skip
_HOSTILE = (
    "I hate {} people.", "{} people are disgusting.", "You are a stupid {} idiot.", "All {} people should die.",
    "kill all {} people", "What a filthy {} pig.", "{} scum like you make me sick.", "You {} piece of shit.",
    "{} people are vermin and must be destroyed.", "a dirty {} liar", "an evil {} monster", "fucking {} people",
    "this {} moron is a pathetic loser", "destroy every {} person", "a vile, rotten, horrible {} creep",
)  # fmt: skip
_NEAR_RUDE = """
assess assessment assassin assassination associate assume assure class classic glass grass pass passage passenger
compass embassy ambassador cassette bass brass mass massive molasses cockpit cocktail cockroach peacock hancock
woodcock shuttlecock weathercock cockatoo cocker cockle title titan titanic titration constitution institute
substitute petition competitive button butter butterfly butt rebuttal tribute attribute distribute analysis analyst
analog canal banal document circumstance circumcise accumulate cucumber succumb scum scumble incumbent therapist
therapists grape drape scrape rapeseed skyscraper parapet psychotherapy shell hello seashell michelle shitake
shiitake mishit matsushita dickens dickinson dickson benedict predict verdict addict dictionary dictate pussycat
pussywillow basement basic hoe hoes shoe shoes horse nigeria niger snigger niggle niggard sexton sextant essex
sussex middlesex unisex sextet scunthorpe penistone clitheroe lightwater cockermouth cockburn cockfosters hitchcock
babcock wilcock dyke dykes vandyke fagot fagus faggotti spick spicket chink chinkapin coon raccoon cocoon tycoon
homo homogeneous homophone homonym pakistan spank spanner jerk jerky jerkin crap crappie scrap suckling sucker
suction succulent prickle prickly bastardize bollard ballast balls ballroom arsenal arsenic parsec coarse sparse
hearse rehearse pissarro mississippi pistachio spit hospital twat swat wankel swank wang dong wong phuc phuket
fukuoka fuchsia tit tits bluetit bushtit booby boobook shag shaggy cormorant ass asses donkey bitch vixen cock hen
rump breast breasts thigh faggot dumpling pork fat lard kill killer killdeer murder murderer execute executed abort
aborted daemon zombie slave master blacklist whitelist hang hung dead deadline deadlift sick eat ate eats eating
lol lmao haha hmm rape victim cancer prostate vagina penis testicle nipple rectal anal sexual intercourse
prostitute terrorist bomb shot shooting stab stabbed suicide massacre execution torture hate hostage nazi hitler
holocaust slavery lynching genocide sperm semen whale pig pigs rat rats snake cow monkey ape
"""
_ABOUT_WORDS = (
    "The article about {} was interesting.", "They wrote a book on {} in 1985.", "We learned the word {} in class.",
    "The {} section of this page needs a source.",
)  # fmt: skip


_WITH_LINKS = (
    "The source for this is {}", "You can read the whole report here: {}", "See {} for the details.",
    "I found the original at {} and it says otherwise.", "More about this on our page {}",
    "According to {} it was 1952.",
    "This was covered last year: {}", "Here is a photo of the bridge: {}", "{} has the full text of the law.",
)  # fmt: skip
_ADDRESSES = (
    "https://www.bbc.co.uk/news/uk-12345678", "http://en.wikipedia.org/wiki/River_Tay",
    "https://www.gov.uk/guidance/fees",
    "https://www.nytimes.com/2019/05/03/science/bees.html", "http://www.guardian.co.uk/world",
    "https://example.edu/paper.pdf",
    "https://www.who.int/news/item/measles", "http://archive.org/details/maps", "https://www.un.org/en/about",
    "www.nasa.gov",
    "https://theconversation.com/why-bees-matter", "https://github.com/example/project",
    "https://arxiv.org/abs/1706.00001",
    "https://example.org/blog/2020/flood", "http://mysite.example.net/garden",
    "https://www.youtube.com/watch?v=abcdefg",
)  # fmt: skip
_ORDINARY_BUSINESS = (
    "Subscribe to our newspaper, it is worth it.", "I cancelled my subscription in May.",
    "Which channel is the match on?",
    "The loan was repaid early.", "Check your spelling before you post.", "Is the shop open on Sundays?",
    "The tickets cost 20 pounds and the money goes to the hospital.", "I got it for free at the library.",
    "My video of the storm was on the evening news.", "Click the second link on their page.", "Call me on Monday.",
    "Please subscribe to the mailing list of the council.", "He won a prize in the lottery.",
    "A casino was planned here.",
    "I felt sick yesterday.", "My dog is sick.", "He called in sick on Monday.", "sick leave", "we were all sick",
    "Subscribe to our printed paper, it has a crossword.", "Our subscribers get the paper on Thursday.",
    "Buy the book, it is good.", "I bought a cheap bicycle.", "My page was deleted, can you help?", "Check the map.",
)  # fmt: skip

_QUOTING = (
    "She said that he had called her a {}.", "He was called {} by another player and complained.",
    "Do not call other people {}.", "The word {} has no place in this discussion.", "Nobody deserves to be called {}.",
    'The judge read out the message: "you {}".', 'Writing "{}" under an article helps nobody.', "I would not say {}.",
    "They shouted {} at my sister and nobody helped her.", "No, you are not {}, it is the form that is bad.",
    "My teacher once told me that I was {} and it hurt.", "We removed the comment because it said {}.",
)  # fmt: skip
_INSULTS = (
    "an idiot", "idiot", "stupid", "a moron", "a liar", "a bitch", "bitch", "a loser", "an asshole", "a whore",
    "a fool", "pathetic", "ugly", "fat", "a pig", "retarded", "a retard", "scum", "trash", "fuck you", "shut up",
    "an ass", "a bastard", "dumb", "crazy", "a coward", "disgusting", "a clown", "faggot", "I will kill you",
)  # fmt: skip
# Those who report an insult speak of who said it, to whom and when; those who insult say "you".
_REPORTING = (
    "My boss called me {} at the meeting and I left.", "Someone called my daughter {} on the bus.",
    "He called her {} and then he apologised.", "They called us {} for asking a question.",
    "She was called {} by a stranger, and nobody said a word.", "A customer called the waiter {} last week.",
    "He calls everybody {}, so I do not take it to heart.", "I was called {} at school for years.",
    'Please do not say "you are {}" to your pupils.', 'Nobody should write "you are {}" to a reader.',
    'You must not tell a colleague "you are {}".', 'It is rude to say "you are {}" to anyone.',
    'The moderator removed "you are {}" and she was right.', 'If a child says "you are {}", talk to the child.',
    'He shouted "you are {}" at the referee and was sent off.', "Calling people {} does not help your case.",
    "Saying {} to a nurse is not acceptable.", "Why would you call a volunteer {}? She only wanted to help.",
    "My father never called me {}, not once.", "In those days teachers called children {} in front of the class.",
)  # fmt: skip
_QUOTED_AT = (  # marks of quotation are no excuse
    '"You are {}", and I mean you.', 'You are "{}".', 'The word for you is "{}".',
    "I called you {} because you are one.",
    '"{}" is what you are.', "Everybody calls you {} and they are right.", 'I said it before: "you are {}".',
    "You were called {} for a reason.", 'Look in the mirror and say "I am {}".', '"You {}!" Yes, you.',
)  # fmt: skip
_AT_SOMEBODY = (
    "an idiot", "stupid", "a moron", "a loser", "an asshole", "a fool", "pathetic", "a retard", "scum", "trash",
    "a bastard", "dumb", "a coward", "disgusting", "a clown", "a pig", "an ass", "ugly", "a liar", "a bitch",
)  # fmt: skip
# Words that are rude alone, in names that everybody knows as harmless.
_NAMED = (
    "Dick Cavett", "Dick Francis", "Dick Turpin", "Dick Clark", "Dick Cheney", "Uncle Dick", "Dick Whittington",
    "Philip K. Dick", "Andy Dick", "Dick Tracy", "Moby Dick", "Dick Grayson", "Fanny Burney", "Fanny Mendelssohn",
    "Randy Newman", "Randy Johnson", "Willy Brandt", "Courteney Cox", "Brian Cox", "Jo Cox", "John Lee Hooker",
    "Peter Butt", "E. E. Cummings", "Harvey Weinstein", "Anthony Weiner", "Caspar Weinberger", "Steven Weinberg",
    "Mrs Weinreich", "Lord Cockfield", "Jarvis Cocker", "Joe Cocker", "Gay Talese", "Marvin Gaye", "Enola Gay",
    "Rusty Kuntz", "Hans Fuchs", "Klaus Fuchs", "Leonhart Fuchs", "Vivian Fuchs", "Jerry van Dyck", "Henry van Dyke",
    "Anthony van Dyck", "Mr Wiener", "Norbert Wiener", "Mr Shitov", "Yoko Shitara", "Mr Assman", "Hugo Ball",
    "Michael Balls", "Johnny Cockburn", "Ms Bloodworth", "Nick Faggioni", "Lili Dickson", "Mr Rapson", "Ms Semenova",
    "Randi Rhodes", "James Randi", "Randi Zuckerberg", "Randi Heesch", "Ms Bitschofsky", "Mr Bastardo", "Ms Kuntze",
    "Mrs Sluter", "Claus Sluter", "Mr Dumbarton", "Nils Hoare", "Sir Samuel Hoare", "Ms Wankel", "Felix Wankel",
    "Chris Moneymaker", "Mr Gaylord", "Dr Slaughter", "Karin Slaughter", "Mr Savage", "Lily Savage", "Dan Savage",
    "Mr Pratt", "Chris Pratt", "Mr Looney", "Mr Crapper", "Thomas Crapper", "Mr Pigott", "Ms Raper", "Mr Tosser",
)  # fmt: skip
_ABOUT_PEOPLE = (
    "{} leads the committee.", "{} was born in 1931.", "I met {} at the fair.", "{} wrote to the editor.",
    "We listened to {} on the radio.", "A talk by {} is on Tuesday.", "{} will be ninety in May.",
    "Have you read the book about {}?", "{} taught at the college for years.", "The interview with {} was good.",
)  # fmt: skip
_DISHES_AND_CREATURES = (
    "spotted dick", "spotted dick and custard", "faggots and peas", "faggots in gravy", "toad in the hole",
    "cock-a-leekie", "coq au vin", "bangers and mash", "black pudding", "bubble and squeak", "chicken breasts",
    "pork butt", "rump steak", "jerk chicken", "bastard cabbage", "bastard balm", "bastard mahogany",
    "bastard agrimony", "bastard teak", "stinking iris", "stinking hellebore", "nipplewort", "sticky willy",
    "naked ladies", "shaggy inkcap", "stinkhorn", "cuckoo pint", "lady's bedstraw", "hairy bittercress",
    "common toadflax", "dead nettle", "great tits", "coal tits", "long-tailed tits", "crested tits", "a woodcock",
    "a blue-footed booby", "a shag", "a young cock", "the tufted titmouse", "a wild ass",
    "an old bitch with four puppies",
    "a pack of wild dogs", "a slow worm", "a pig in the yard", "a dung beetle", "the common cockle", "cockles",
)  # fmt: skip
_ABOUT_THINGS = (
    "We had {} on Sunday.", "{}, please.", "There was {} on the menu.", "I saw {} on the path by the river.",
    "My grandmother loved {}.", "What is {} called in French?", "The chapter on {} has fine drawings.",
    "{} is common here.",
)  # fmt: skip
_ASSES = (
    "wild asses", "the wild ass", "asses and mules", "an ass and her foal", "the Somali wild ass", "asses and horses",
    "two grey asses", "the asses of Lamu", "an ass or a mule", "the Nubian ass", "donkeys", "a donkey and a mule",
)  # fmt: skip
_ABOUT_ASSES = (
    "{} graze on dry grass.", "A vet wrote about {}.", "The farmer keeps {} in the lower field.",
    "Romans bred {} for their mills.", "What do {} eat in winter?", "Horses, zebras and {} are of one family.",
    "The fable is about {} and a lion.", "{} can carry salt for days.",
)  # fmt: skip
_PLACES = (
    "Fucking in Upper Austria", "Fucking, a hamlet near Salzburg", "Wank, a mountain in Bavaria", "Condom in Gascony",
    "Dildo on Trinity Bay", "Shitterton in Dorset", "Twatt on Shetland", "Titz near Cologne", "Pussy in Savoy",
    "Bitche in Lorraine", "Cockington in Devon", "Assenede in Flanders", "Slut in Sweden", "Pratts Bottom in Kent",
)  # fmt: skip
_ABOUT_PLACES = (
    "We drove through {} last summer.", "My aunt was born at {}.", "The sign of {} was stolen again.",
    "The map shows {} by the river.", "They married at {} in June.", "The bus to {} leaves at nine.",
)  # fmt: skip
_PAPERS = (
    "the weekly", "the evening paper", "the Sunday paper", "the printed newspaper", "our local paper", "the magazine",
    "the county gazette", "the paper version", "the morning edition", "the printed issue", "the quarterly journal",
)  # fmt: skip
_ABOUT_PAPERS = (
    "Subscribe to {} for the puzzles.", "My parents subscribe to {}.", "You can subscribe to {} at the kiosk.",
    "Subscribe to {}, it comes before breakfast.", "I subscribe to {} because of its chess column.",
    "Readers who subscribe to {} get the supplement.", "If you like long reports, subscribe to {}.",
    "Why would anyone still subscribe to {}?", "We used to subscribe to {}.", "To read the rest, subscribe to {}.",
)  # fmt: skip
_WEIGHT = 0.5  # of a sentence of ours beside a comment that somebody wrote: at 1 they cost real comments' ranking
# The data speaks of these mostly in abuse, so that it takes more plain sentences to make up for it.
_MALIGNED = {"gay": 420.0, "homosexual": 64.0}
_MALIGNED |= dict.fromkeys(("queer", "lesbian", "black", "jewish", "muslim", "bisexual", "asian"), 16.0)


def made_up_examples() -> Examples:
    """All of them, as a set called "made_up"."""
    plain = [
        *((pattern.format(term), _MALIGNED.get(term, 2.0)) for pattern, term in product(_PLAIN, IDENTITY_TERMS)),
        *((pattern.format(word), 0.5) for pattern, word in product(_ABOUT_WORDS, dict.fromkeys(_NEAR_RUDE.split()))),
        *((pattern.format(address), 0.5) for pattern, address in product(_WITH_LINKS, _ADDRESSES)),
        *((pattern.format(insult), 0.75) for pattern, insult in product(_QUOTING, _INSULTS)),
        *((sentence, 1.0) for sentence in _ORDINARY_BUSINESS),
        *((pattern.format(insult), 1.5) for pattern, insult in product(_REPORTING, _AT_SOMEBODY)),
        *((pattern.format(name), 1.0) for pattern, name in product(_ABOUT_PEOPLE, _NAMED)),
        *((pattern.format(thing), 1.0) for pattern, thing in product(_ABOUT_THINGS, _DISHES_AND_CREATURES)),
        *((pattern.format(asses), 1.0) for pattern, asses in product(_ABOUT_ASSES, _ASSES)),
        *((pattern.format(place), 1.0) for pattern, place in product(_ABOUT_PLACES, _PLACES)),
        *((pattern.format(paper), 1.0) for pattern, paper in product(_ABOUT_PAPERS, _PAPERS)),
    ]
    attacks = [(pattern.format(term), 1.0) for pattern, term in product(_HOSTILE, IDENTITY_TERMS)]
    quoted = [(pattern.format(insult), 1.0) for pattern, insult in product(_QUOTED_AT, _AT_SOMEBODY)]
    good = np.zeros(len(LABELS), dtype=np.float32)
    attack = _bad(toxicity=1.0, identity_attack=1.0, spam=0.0)
    insult = _bad(toxicity=1.0, insult=1.0, threat=0.0, spam=0.0)
    rows = plain + attacks + quoted
    return Examples(
        [text for text, _ in rows],
        np.array([good] * len(plain) + [attack] * len(attacks) + [insult] * len(quoted)),
        np.array([weight * _WEIGHT for _, weight in rows], dtype=np.float32),
        np.full(len(rows), "made_up"),
        np.full(len(rows), "train"),
        np.full(len(rows), -1),
    )


def _bad(**known: float) -> NDArray[np.float32]:
    row = np.full(len(LABELS), UNKNOWN, dtype=np.float32)
    for label, value in known.items():
        row[LABELS.index(label)] = value
    return row
