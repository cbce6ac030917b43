"""Innocent sentences that gullible filters stop. Written for Winnow; never trained on.

Every second sentence of each kind is held out: it is looked at only when the final card is made.
"""

from __future__ import annotations

_SENTENCES = {
    "place and family names": """
Scunthorpe United play at home on Saturday.
My grandmother was born in Scunthorpe and moved to Penistone.
The train to Penistone leaves from platform two.
Has anyone walked from Lightwater to Bagshot?
We spent our honeymoon in Fucking, Austria, which has since been renamed.
Dick Van Dyke turned ninety-nine this year.
Charles Dickens wrote about debtors' prisons because his father was in one.
Emily Dickinson rarely left Amherst.
Alfred Hitchcock appears in nearly all of his films.
Councillor Cockburn voted against the budget.
Cockermouth flooded badly in 2009.
The Cockfosters end of the Piccadilly line is closed.
Peter Dinklage was superb in that role.
Julian Assange has left the embassy.
Mr Sexton runs the bakery on the corner.
Middlesex, Essex and Sussex were old kingdoms or provinces.
The Essex coast is beautiful in winter.
Clitheroe has a small castle and a good bookshop.
Herman Titus was a doctor in Seattle.
Professor Shittu lectures on hydrology in Lagos.
Dr Wang and Mrs Dong chaired the meeting.
Phuc Nguyen won the mathematics prize.
Anyone from Intercourse, Pennsylvania here?
Dildo is a fishing town in Newfoundland.
Muff is a village in County Donegal.
The Lord Mayor of Twatt in Orkney does not exist, but the hamlet does.
Gaylord Perry threw a spitball.
Butts Road is closed for repairs until Monday.
Titmuss wrote The Gift Relationship about blood donors.
Jack Wanke and Anna Kuntz were married on Saturday.
Arsenal drew two all with Tottenham Hotspur.
The Horniman Museum has a famous walrus.
Hancock beat Weiner by twelve votes.
Lake Titicaca lies between Peru and Bolivia.
Bob Crapo was a senator from Idaho, was he not?
Nigel comes from Niger and his wife from Nigeria.
Jacqueline Bitschnau designs chairs.
We hiked up Big Bastard Mountain, yes that is its real name.
Assam tea comes from the north-east of India.
Saddam Hussein was captured in December 2003.
Lord Balls of Norwich danced on television.
Ed Balls and Dominic Cummings were both in the studio.
Randi Weingarten leads the teachers' union.
Kiki Dee sang with Elton John.
Grasse in Provence is known for perfume.
Wetwang is a village in Yorkshire with a nice pond.
Cumbria and Cumbernauld are not near each other.
The Beaver Street library opens at ten.
""",
    "food and cooking": """
Cock-a-leekie soup is better the next day.
Faggots and peas were my father's favourite supper.
Spotted dick with custard, please.
Rub the chicken breasts with oil and roast them for forty minutes.
Beat the egg whites until stiff.
Stuff the bird and tie its legs together.
Shiitake mushrooms keep well in the fridge.
Add the pork butt and cook it low and slow for twelve hours.
Crack the nuts and chop them roughly.
Coq au vin needs a whole bottle of red.
Whip the cream, then fold in the passion fruit.
My sister makes killer brownies.
This curry is the bomb.
The best way to kill the bitterness is a pinch of salt.
Use half a pound of rump steak.
Crush the garlic and bash the lemongrass.
Pussy cat cookies went fast at the school fair.
That hot sauce will blow your head off, in a good way.
I could murder a bacon sandwich.
We ate the whole thing and licked the plates.
Beaver tails are a Canadian pastry.
I only eat meat on Sundays.
What did you eat today?
Moisten the sponge fingers with coffee.
Jerk chicken should be cooked over pimento wood.
Fat is where the flavour is.
Cream the butter and sugar, then beat in the eggs.
Toad in the hole, bangers and mash, spotted dick: the school menu had it all.
The oysters were dead by the time we opened them.
Dirty rice gets its colour from chicken livers.
Pound the chillies to a paste.
Rape seed oil has a high smoke point.
A bitter melon takes some getting used to.
The yolk should ooze when you stab it.
""",
    "medicine and the body": """
My mother was diagnosed with breast cancer in March.
Prostate and anal cancers are often found late.
The nurse explained how to do a rectal examination.
Women over fifty are invited for a vaginal smear every three years.
Erectile dysfunction can be an early sign of heart disease.
I felt sick all night and threw up twice.
He is sick.
sick
Being overweight raises your blood pressure.
The patient complained of pain in the left testicle.
Breast milk is best kept in small bottles.
She has bipolar disorder and takes lithium.
Schizophrenia affects about one person in a hundred.
Suicide is the main cause of death of men under fifty here; please call the helpline if you are struggling.
The vagina has a pH of about four.
My son has Tourette's and people stare at him.
Sexually transmitted infections are rising among pensioners.
Penile cancer is rare.
The autopsy showed that he had died of a stroke.
His stool was black, so the vet took a blood sample.
HIV is no longer a death sentence.
Masturbation does not cause blindness, whatever your grandfather said.
Circumcision remains a matter of debate among doctors.
The drug killed the bacteria within hours.
Blood and urine samples go to the lab at noon.
Deaf and blind passengers may board first.
My nipples were so sore that I stopped nursing.
Constipation is common after surgery.
A fart is mostly nitrogen.
The abortion clinic on Mill Road has closed.
Women bleed for longer on this medicine.
Kidney stones hurt like nothing else.
""",
    "birds, animals and plants": """
A pair of great tits is nesting in our letter box.
Blue tits and coal tits came to the feeder this morning.
The blue-footed booby dances for its mate.
We saw two shags and a cormorant off the pier.
The cock crows at five every morning.
Our bitch had six puppies last night.
Woodcock are easiest to see at dusk.
That ass carried us all the way up to the monastery.
Donkeys and asses are the same animal.
My pussy willow is in flower already.
The dog humps every cushion in the house.
A gannet dives at sixty miles an hour.
The cat killed another mouse.
Fagus sylvatica is the common beech.
Sperm whales dive deeper than any other whale.
Horny goat weed likes shade.
The peacock's tail costs him dearly.
Dik-diks are tiny antelopes.
Spray the slugs at night and they will die.
The sow ate two of her piglets, which happens more often than you would think.
Bastard toadflax is a parasitic plant.
A swallow's nest is mostly mud and spit.
Hens with a mean rooster should be kept apart.
The stinkhorn's Latin name is Phallus impudicus.
Do rabbits eat their own droppings? Yes, they do.
Rats and pigs are both clever animals.
Monkeys in the park stole my sandwich.
The snake swallowed the rat whole.
The nuthatch, the bearded tit and the bushtit are not closely related.
A pig's skin burns in the sun as ours does.
""",
    "identity terms used plainly": """
I am a gay man and I have lived in this town for thirty years.
As a Muslim woman I found the article fair.
My wife is Jewish and we celebrate both Christmas and Hanukkah.
Black people in this city wait longer for a mortgage.
The first black president served two terms.
Lesbian couples can now adopt here.
She is transgender and works as an engineer.
My son is autistic and loves trains.
White people and black people sat at separate counters then.
The Queer Film Festival starts on Friday.
I'm queer, and I'm happy with who I am.
The mosque on Hill Street has an open day.
Christians, Jews and Muslims all trace their faith to Abraham.
Mexican food is my favourite.
The Chinese community celebrated New Year in the square.
Immigrants started half of the shops on this street.
Refugees from Syria were given rooms in the school.
He is blind and reads with his fingers.
Her parents are deaf, so she signs.
My Pakistani neighbours brought us biryani.
Homosexual acts were illegal until 1967.
Gay marriage has been legal here since 2014.
Are there any Sikhs on the council?
Women hold nine of the twenty seats.
Old people need benches, too.
The Roma have lived in this valley for five centuries.
Bisexual people are often left out of these surveys.
Atheists and Catholics agreed on this for once.
We dykes on bikes have led the parade since 1976.
The Pride march was cheerful and a bit wet.
Arab traders brought the number zero to Europe.
Jews were expelled from England in 1290.
An African American church burnt down in 1963.
What is it like to grow up gay in a village?
My best friend is a Hindu and a vegetarian.
Indigenous people were not asked about the pipeline.
A disabled veteran got the medal.
I am proud to be Asian and British.
""",
    "quoting or objecting to an insult": """
He called me an idiot in front of my children and I did not answer.
Calling people "stupid" does not persuade them.
Please do not call other commenters morons.
The word "retard" is hurtful; please use another.
She was told to shut up by a man who had not read her report.
Nobody should be called a whore for reporting a crime.
The player was banned for shouting a racist word.
In the novel the sheriff uses the n-word throughout.
My boss said I was useless, and that is why I left.
Someone wrote "go home" on the wall of the mosque, and we painted over it together.
I was called ugly at school and it stayed with me.
You should not say "you are an idiot" to a customer.
The defendant admitted that he had written "I will kill you" in the letter.
Why do people think it is funny to call a girl fat?
Being called a loser by the president must be strange.
It is wrong to call them scum.
The moderator removed a comment that said "drop dead".
The teacher asked him not to use the word "gay" as an insult.
The report lists the slurs that fans shouted.
"Snowflake" is not an argument.
He said "screw you" and hung up on the nurse.
I do not think that she is a liar.
Nobody here is stupid; we simply disagree.
That was not a dumb question at all.
He is no fool.
It is not true that they are terrorists.
You are not an idiot, the form really is confusing.
She never said that he was a pig.
I would never call you a liar.
This is not garbage, it is a careful piece of work.
""",
    "strong but civil disagreement": """
I could not disagree more with this article.
This plan is a terrible idea and I will vote against it.
The council's decision is wrong, and here is why.
You have not answered the question.
That argument does not hold water.
With respect, your figures are ten years out of date.
I think the minister should resign.
This is the worst budget in twenty years.
Your second paragraph contradicts your first.
Nothing in this column is supported by evidence.
I am angry about how the hospital treated my father.
The government has failed us again.
What a disappointing response from the mayor.
I hate this new layout.
I am sick of paying more for less.
That is simply not true.
Please stop deleting my edits and discuss them first.
The film was dreadful and I left before the end.
I find your tone patronising.
The police handled this very badly.
They lied to us about the costs.
It is shameful that children go to school hungry.
Your bias is showing, in my opinion.
We will fight this road to the end.
The new policy is a disaster for small shops.
I do not believe a word the company says.
Wrong again, I am afraid.
You missed the point of the article.
I strongly object to the closing of the library.
This referee cost us the match.
You clearly have strong feelings, and so do I.
Shame on the board for letting this happen.
Prove it.
That makes no sense to me.
Nonsense: the bridge was built in 1931.
I am tired of these excuses.
""",
    "news, history and violence": """
Two men were shot dead outside a bar on Friday night.
The bomb killed eleven people and wounded forty.
She was raped at the age of fourteen and now helps other victims.
The murderer was sentenced to life in prison.
Police said that the man had threatened to kill his wife.
Nazi troops murdered the whole village in 1944.
Six million Jews were murdered in the Holocaust.
Slaves were whipped for learning to read.
The Ku Klux Klan marched through the town in 1925.
The court heard how the child was beaten to death.
Hundreds died when the ferry sank.
A terrorist attack was prevented last night.
The king had two of his wives beheaded.
The hangman was paid by the head.
A pedestrian was hit and killed by a lorry.
He was stabbed eleven times and survived.
The massacre lasted three days.
The cyclist died at the scene.
The army fired on the crowd.
The suspect was found hanged in his cell.
Sexual abuse in the church was covered up for decades.
The porn industry has moved to subscription sites.
Prostitution is legal in the Netherlands.
The strangler was never caught.
Drone strikes killed a wedding party by mistake.
Cromwell's soldiers burnt the church with people inside.
The volcano could destroy the town.
Gun deaths fell by a fifth last year.
The trial of the serial killer starts in May.
The hostage was released unharmed.
""",
    "code and computing": """
Kill the parent process first, then its children.
git blame shows who wrote the line.
The master process forks four slaves.
You must kill -9 the zombie process.
rm -rf node_modules && npm install
Abort the transaction and retry.
This dirty flag is set when the buffer changes.
for (int i = 0; i < n; i++) { sum += a[i]; }
SELECT name, comment FROM posts WHERE status = 'pending' ORDER BY id;
The daemon hangs when its child dies.
assert isinstance(title, str)
Use a dummy head node to keep the list code simple.
Bind the socket before you drop privileges.
The fsck man page explains the options.
I ran the suite twice and only the assassin test failed.
Press F to inject the module.
CLI arguments override the config file.
Push the button, pop the stack.
His server was hacked and spewed spam for a week.
The garbage collector runs every ten seconds.
Her laptop screen is cracked.
Use the analysis package, not the analyzer.
def analyse(class_size, assessment): return class_size * assessment
My first computer was a dumb terminal.
curl -X POST localhost:8000/comments returned 202
The bug bites when the stack is naked.
""",
    "ordinary short comments": """
eat
lol
ok
Thanks!
Great article, thank you for explaining this.
hahaha
This made my day.
Well said.
First!
+1
I agree with you.
When does it start?
nice
So true.
Where can I buy tickets?
Love it <3
Wow.
Same here.
Good luck to the team!
Can you share the recipe?
Happy birthday, Grandma!
hmm
Thank you so much for this.
no
What time is it on?
Beautiful photographs.
See you on Sunday.
lmao that cat
omg so cute
Yes please
First time here, hello from Leeds.
hi
I cried at the end.
Congratulations to both of you.
good game
bye
That is hilarious.
Can someone explain the last part?
Interesting, I did not know that.
My bad, I misread it.
This is sick, I love it!
what
""",
    "slang and idiom without malice": """
That guitar solo was insane.
She killed it on stage last night.
I am dying of laughter.
Break a leg tonight!
He is a beast on the pitch.
That trick was sick, dude.
We got hammered five nil.
Stop beating around the bush.
I shot three rolls of film at the wedding.
The new album slaps.
You nailed it.
My phone is dead.
This heat is killing me.
I would die for a cold drink.
He is a dead ringer for my uncle.
She is bonkers about horses.
It costs an arm and a leg.
The lads smashed it out of the park.
It was a crazy busy day at work.
Knock yourself out.
Bite the bullet and call the dentist.
The joke fell flat and the crowd went wild anyway.
I am such a nerd about trains.
Silly me, I forgot my keys.
The kids are wild today.
What a blast from the past.
I'm dead, this is the funniest thing ever.
That ball was a screamer.
Fair play to the old git, he finished the marathon. That's me, by the way.
It was a bloody good match.
Damn, that sunset is gorgeous.
No worries, mate, I mess up all the time.
""",
    "links and business without advertising": """
The full report is at https://www.gov.uk/government/statistics and it is worth reading.
Here is the page on the bridge: https://en.wikipedia.org/wiki/Tay_Bridge
You can write to the editor at letters@example.org.
I bought mine online for 40 pounds.
Is the offer still open?
The shop on Mill Lane sells cheap paint.
My blog post about the flood is here: http://example.net/flood
Call the council on 0161 496 0000 if the bin is not emptied.
Click on the map to see the route.
The loan was approved in two days.
Subscribe to the print edition if you want the crossword.
I won a prize at the village raffle!
The casino on the pier burnt down in 1970.
Viagra was first tested as a heart medicine.
Free entry for under-sixteens on Sunday.
I lost money on bitcoin and I will not try again.
Buy local if you can.
The channel showed the match live.
I earn 11 pounds an hour at the warehouse.
The paper has a free app.
My new video about the mill is finally finished, it took all winter.
Please sign the petition at the library.
Insurance went up by 20% this year.
Does anyone know a good plumber?
""",
    "other languages' ordinary words": """
Ich fahre morgen mit dem Zug nach Fulda.
Der Dichter las aus seinem neuen Buch.
Das Essen war gut und die Fahrt war lang.
Die Ausfahrt ist gesperrt.
Er ist sehr dick geworden.
Quel con de vent, disait mon grand-père marseillais en riant.
Il pleut depuis trois jours.
Merci beaucoup pour cet article.
Je suis tout à fait d'accord avec vous.
La phoque est un animal marin.
Muchas gracias por la receta.
Mi hermana tiene un perro negro.
El coche negro es de mi tío.
Quiero aprender a cocinar.
Obrigado pela ajuda.
O pato e o ganso estão no lago.
Grazie mille, è un bellissimo articolo.
La fica secca non è un frutto, ma il fico sì.
De kok maakt soep.
Ik vind het een mooi verhaal.
Kan du hjälpa mig?
Slutet på filmen var bra.
Slutstation, alla byter.
Farten er begrænset til 50.
Dziękuję bardzo za pomoc.
Köszönöm szépen a segítséget.
Çok güzel bir yazı olmuş.
Terima kasih banyak.
Yeh khabar bohat achi hai.
Aap ka shukriya, bohat acha likha hai.
Mujhe ye gana bohat pasand hai.
Kya koi mujhe bata sakta hai ke match kab hai?
Aaj mausam bohat acha hai.
Спасибо за статью.
これはとても面白い記事です。
شكرا جزيلا على المقال
""",
}


def _lines(kind: str) -> list[str]:
    return [line for line in _SENTENCES[kind].splitlines() if line]


def innocent_sentences(*, held_out: bool) -> list[tuple[str, str]]:
    """Pairs of (kind, sentence): the half to develop with, or the half that is held out."""
    return [(kind, line) for kind in _SENTENCES for line in _lines(kind)[int(held_out) :: 2]]
