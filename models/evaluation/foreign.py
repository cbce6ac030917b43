"""Comments in languages that the classifier has not learnt: it must say so. Written for Winnow; most are short."""

from __future__ import annotations

COMMENTS = {
    "de": """
Endlich sagt es mal einer.
Was für ein Blödsinn!
Toller Beitrag, weiter so
Du hast keine Ahnung
Ihr seid alle Lügner
Wo kann man das kaufen?
Gestern war ich auch dort, es hat nur geregnet.
Verpiss dich, du Arschloch
Frohe Weihnachten euch allen
Die Stadt sollte lieber Schulen bauen.
""",
    "fr": """
Enfin quelqu'un qui le dit.
Quelle honte pour la ville
Bravo pour votre travail
Tu racontes des bêtises
Vous êtes tous des menteurs
Où peut-on l'acheter ?
Hier j'y étais aussi, il a plu toute la journée.
Va te faire foutre, connard
Joyeux Noël à toutes et à tous
La mairie devrait construire des écoles.
""",
    "es": """
Por fin alguien lo dice.
Menuda estupidez
Excelente trabajo, sigan así
No tienes ni idea
Sois todos unos mentirosos
¿Dónde se puede comprar?
Ayer también estuve allí y llovió todo el día.
Vete a la mierda, cabrón
Feliz Navidad a todos
El ayuntamiento debería construir escuelas.
""",
    "pt": """
Finalmente alguém disse.
Que absurdo!
Excelente trabalho, parabéns
Você não sabe de nada
Vocês são todos mentirosos
Onde posso comprar?
Ontem eu também estive lá e choveu o dia todo.
Vai se foder, seu babaca
Feliz Natal para todos
A prefeitura deveria construir escolas.
""",
    "it": """
Finalmente qualcuno lo dice.
Che sciocchezza!
Complimenti per il lavoro
Non sai niente
Siete tutti bugiardi
Dove si può comprare?
Ieri c'ero anch'io e ha piovuto tutto il giorno.
Vai a quel paese, cretino
Buon Natale a tutti
Il comune dovrebbe costruire scuole.
""",
    "nl": """
Eindelijk zegt iemand het.
Wat een onzin!
Mooi werk, ga zo door
Je weet er niets van
Jullie zijn allemaal leugenaars
Waar kun je dat kopen?
Gisteren was ik er ook en het regende de hele dag.
Rot op, klootzak
Vrolijk kerstfeest allemaal
De gemeente moet scholen bouwen.
""",
    "tr": """
Sonunda biri söyledi.
Ne saçmalık!
Emeğinize sağlık
Hiçbir şey bilmiyorsun
Hepiniz yalancısınız
Nereden alabilirim?
Dün ben de oradaydım, bütün gün yağmur yağdı.
Siktir git, şerefsiz
Herkese mutlu yıllar
Belediye okul yapmalı.
""",
    "pl": """
Nareszcie ktoś to powiedział.
Co za głupota!
Świetna robota, tak trzymać
Nic nie wiesz
Wszyscy jesteście kłamcami
Gdzie można to kupić?
Wczoraj też tam byłem i cały dzień padało.
Spierdalaj, debilu
Wesołych świąt dla wszystkich
Miasto powinno budować szkoły.
""",
    "ru": """
Наконец кто-то это сказал.
Какая глупость!
Отличная работа
Ты ничего не знаешь
Вы все лжецы
Где это можно купить?
Вчера я тоже там был, весь день шёл дождь.
Пошёл вон, придурок
С Новым годом всех
Город должен строить школы.
""",
    "ar": """
أخيرا قالها أحدهم
يا لها من حماقة
عمل رائع
أنت لا تعرف شيئا
كلكم كاذبون
أين يمكن شراء ذلك؟
كنت هناك أمس أيضا وأمطرت طوال اليوم
اخرس يا غبي
عيد سعيد للجميع
على البلدية أن تبني مدارس
""",
    "hi": """
आखिर किसी ने कहा
क्या बकवास है
बहुत बढ़िया काम
तुम कुछ नहीं जानते
तुम सब झूठे हो
इसे कहाँ खरीद सकते हैं?
कल मैं भी वहाँ था और दिन भर बारिश हुई
चुप रहो मूर्ख
सबको दीवाली की शुभकामनाएँ
शहर को स्कूल बनाने चाहिए
""",
    "ja": """
やっと誰かが言ってくれた
なんて馬鹿なことだ
素晴らしい仕事です
お前は何も知らない
みんな嘘つきだ
どこで買えますか
昨日私もそこにいて一日中雨でした
黙れ、馬鹿野郎
皆さん良いお年を
市は学校を建てるべきだ
""",
}


def foreign_comments(language: str) -> list[str]:
    """The comments of one language. Raises KeyError for one that is not here."""
    return COMMENTS[language].strip().split("\n")
