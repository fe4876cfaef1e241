"""Where the alphabet is cut into the shards of the site's search.

The borders are fixed: were they worked out anew each night, one paper would move them and change
every file. They cut the words of 7,000 papers on efficient language models into pieces of equal
size; ``tests/bench/site_borders.py`` prints such a table. Other words make shards
less even, never wrong.
"""

from __future__ import annotations

__all__ = ["borders_for"]

#: As many shards as there are so many papers: most have 2 to 4 kB.
_PAPERS_A_SHARD = 9
_FEWEST = 6

_TEXT = """
1. 1.68 1000 11k 13k 16.2 1b0 2. 20. 22s 27. 3. 31. 361 4. 433k 4x4 500m 6. 68. 72d 8. 8b1 96. a0
abdul abml accelera accesse accura accuracy achievi acrossg activa adama adapt= adda additi
addressi ador advant affi agentb aggres ahmadi ai= aiq= alaya algorithmb alignd alloca alongs alth
amem amp analysin anda ankith answerb apef applia appr approach= aptserve=2 architecture arise
arsl art= asgs assigni asum asystema=j atten attenti audito autoa autoneur= auxiliary availa aviru
award babak bacon= balanca banka base4 basem batch1 becke behb benchmar=t benchmarkd berken
betterf beyonddom bhol bigmaca binaryconnect= biswaj bitlm blindf blockdialect= bof4= boost=
bottlenecko boxi breaka bringm buddymoe budgetc buk bypr cache calibr calm= caot capac car casb
catc cbd centri chadh challeng= channelr charaf checkmat= chena chenx chipl choy chunka ckks
classifi= clm= clouddevi co2 code2 cogp collabor= com= come commonsense commv compara competit=
complexi compr compress= computa conclus conducto confir conqur= consiste constraint constructo
content contexta continua controll convex copyr corpu corrob cost= countd cpd creati critica
crosspo ctcf= curb curvatur= cycli dair dapta dataa datasets dcpt dece decode decouple deepa
deepspeed degrat delive demar demot dense dependa deployi dern designi detectg develope devil
diago differe diffuse dimensiona directb discrete distc distilli=t distributi diverse dma=
documentg domaina dongjin dougl dpo= drawb driver dsla= duallo duel dyk dynami e1 earlies economi
edgc= effecti efficie efficient eij elec eliminat=3 embedd emissi empl enabli end= enerinfer
enhanci ensuri entropic epb equivar errora essentr estima evalua eventtens evide exacta excer
executi exit exper experie experta exploitd explorin=u extende extent extreme facp failo fami fani
fasta fastgemm= fci federa feedbackd ferretf fibecfe fim finde fineg finn= first= fixe flashevolve
flexcach= flexsw flow= focus= fooz forb forma forwardb fourf fracture frami freea friendl
frontier= fulla functiona furu fwh gaina gap= gaudi gemini2 generali generate gerar gil= gitl
globalf golds govin gpu= gradient= gral graphk greeng groupa grpo= guangw guida guof h200 haith
han= hanr haow hardware hashimi he= heavie helpe heterocache heui hidek highb highly histori hola
hongo hos howtotra=1w hu huangj huizi hurwitzq hybrida hypericl= iap identify iii= imb impli
importa improve ina inclus increasi inder induct inferc infm informa initia inputa inst instruct=
integra intera interfere interpos intrinsi introduc= invok irres ist ivanov jalalir jeffa jiachun
jianga jiaxi jina jinlan jobs jongy jui junp k1 kaku karbe kazu kena kevlarf keya kier kl=
knowledg= kopil ksenii kusm kv4 kvt laba lahr language large lastb latency latti layera lde leade
learna leave lena lengtha less= levelw leveragi lia lieb lign lim= limits lineara linmu= little
liub llama2 llm2 llmq= llmsc loada locate logrouter longa longj loopc lora1 lossa lowb lowranka
lsi lum lycheecluste machine magno mainte makee man= manif maoy marina maskb match= mati matso
maximiz mcpa measuri mechani megascal=1o memora memori= mengxin mermaid= methodn mgm microsca
milor mingle minima mir misu mixa mixtureo=h mlm= mnn modali modela modiff moe2 mofe momentuma
mor= mosaicq movemi mswa= muhao multia multimllm multiple mup= mzi nakay narrowl natura neara
needl nemotronh= networka neurona newa nicc nirvanaa nod= nona nos novell nume o1 observa odo ofa
offi oftent omnia onea online opena opera optima orchestr= orig osay outcome outpu outs overfl
overheada ow padd palle papi parallel= paramete pariskv= partii paste patr paya peft= pengb
performa persona phak phonebo pimoe pipeline plaint playb poel policy popula positi post= poto
powerinf= practica pre3 precisi predicta prefill preret preser preserve preve prime priori prm=
problema processb profile proi promo prompt2 proposi provide pruned ptq4arvg=v purs q0 qianb
qingpe qlo quadratu quality quantiza query quny qwenlongc rachita ragboost= ramap ranga rank1
rated rauq= reacha reali reasonc recep recou recut reduce redunda reformul= regresso reinforc=
relax relia remaind rena replace represe requant= requis reservo resona resource response resum
rethinki=1ek retrieva reveali rewardb rieme riska rla road robusta rolloute roshi routa rri ruig
runa russ saad safety salient samh sample saq savei scalable scale= scend schen score= sdslo
searchor seed= select2 self= semanti sensiti sequence serva setf sevi shadowa shaoa sharea shena
shifta shoa shota showc shud siddhartha signald significa similari simplic singla sivas sizef skyh
sliminfer slowb smallb smartswitch= snowf software solv songc sounda spacache=1 spand sparse
sparsity specia specifi specula speed= sphero spm= srd st= stacka stalem standb statea stee step3
stochast= storf strategi= strengthe stronge structur= studio subg subsetn subste suffi suiy suna
superl supporta surprisal svd= swiftkv= syncp system1 taat tah= takea tangd targeta taska tda
techniqu= tena tensormem ternary testtime=1s textaw thea theoreti thez thinkfr thoughta threef
throughputl tib time= tinyr1 to2 tokena tongc top1 tov towarda trac tradeo traina trajectory
transforme traversa trf tritonb tslmt tund tunec twh twoa typif ultra2 uncertaintyb underreprese
understu unifie unita unlocki unsop updp usai user utili vai valua variable variousg vectori
verifi vertica viab videomm vipi visiona visuo vlm= von vu walli wangb waveletlo webrl weighta
welle wenyua whered widen windowk with withh withs worka worldi wud xiaf xiaochu xid xingxu xk xua
xuru yanga yaom yej yeu yif yingco yiyua you yua yueb yunb yuxio zeb zero= zhangc zhaoz zhengxua
zhijia zhongxiao zhua zike zizheng zur
"""
_BORDERS = tuple(_TEXT.split())


def borders_for(papers: int) -> tuple[str, ...]:
    """Choose the borders for a part of so many papers.

    Returns
    -------
    tuple of str
        The first words of its shards, sorted; the first is empty. Their number doubles as the part
        grows, so that it hardly ever changes.
    """
    shards = _FEWEST
    while shards * _PAPERS_A_SHARD < papers and 2 * shards <= len(_BORDERS) + 1:
        shards *= 2
    step = (len(_BORDERS) + 1) / shards
    return ("", *(_BORDERS[round(n * step) - 1] for n in range(1, shards)))
