/**
 * Which passwords are guessed first, without asking anybody: the words of the lists that are published every year, with
 * what people put behind them, and walks over the keyboard. Loaded when the first password is set.
 */

/**
 * Whether a password is a common one: a word of the lists, repeated or not, with digits and signs around it (`Password2024!!!!`), or
 * pieces of the alphabet and of rows of the keyboard (`qwertyuiop123456`). The whole password is looked at: a longer one may
 * have such a word in it.
 */
export function isCommonPassword(password: string): boolean {
  const text = password.normalize('NFKC').toLowerCase()
  if (isWalk(text)) return true
  words ??= new Set(listed.trim().split(/\s+/))
  const core = text.replace(/^[^\p{L}]+/u, '').replace(/[^\p{L}]+$/u, '')
  return [text, core, plain(text), plain(core)].some((each) => isListed(each))
}

let words: ReadonlySet<string> | undefined

function isListed(text: string): boolean {
  if (words === undefined || text === '') return false
  if (words.has(text)) return true
  for (let parts = 2; parts <= 6 && text.length / parts >= 3; parts += 1) {
    const part = text.slice(0, text.length / parts)
    if (text === part.repeat(parts) && words.has(part)) return true
  }
  return false
}

/** `p@ssw0rd` is `password`. */
function plain(text: string): string {
  return text.replaceAll(/[@4310$5!7]/g, (sign) => looksLike[sign] ?? sign)
}

const looksLike: Readonly<Record<string, string>> = {
  '@': 'a',
  '4': 'a',
  '3': 'e',
  '1': 'i',
  '!': 'i',
  '0': 'o',
  $: 's',
  '5': 's',
  '7': 't',
}

const rows = [
  '01234567890123456789',
  'abcdefghijklmnopqrstuvwxyz',
  'qwertyuiop',
  'asdfghjkl',
  'zxcvbnm',
  'qwertzuiop',
  'yxcvbnm',
  'azertyuiop',
  'qsdfghjklm',
  '1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p',
  '1q2w3e4r5t6y7u8i9o0p',
  'q1w2e3r4t5y6u7i8o9p0',
  '1a2b3c4d5e6f7g8h9i0j',
  'a1b2c3d4e5f6g7h8i9j0',
  'qazwsxedcrfvtgbyhnujmikolp',
  '112233445566778899',
  'aabbccddeeffgghhiijjkk',
  'abc123',
].flatMap((row) => [row, [...row].toReversed().join('')])

/** Whether a text is nothing but pieces of rows, each of three characters or more. */
function isWalk(text: string): boolean {
  // Longer ones are no list's, and the work stays small.
  if (text.length < 8 || text.length > 64) return false
  const reached = [true]
  for (let end = 3; end <= text.length; end += 1) {
    for (let start = 0; start <= end - 3 && reached[end] !== true; start += 1) {
      if (reached[start] !== true) continue
      const piece = text.slice(start, end)
      reached[end] = rows.some((row) => row.includes(piece))
    }
  }
  return reached[text.length] === true
}

const listed = `
aaron abc abcabc abcdef abigail access account adam addison adgjmptw admin administrator admins adobe adrian adriana
africa airborne airplane alaska albert alberto alejandra alejandro alex alexander alexandra alexandria alexis alfred alice
alison allison alpha amadeus amanda amazing amazon amber america american amigos anaconda anderson andrea andreas andrew
android andromeda angel angela angelica angelina angelo angels animal animals annabelle anthony antonio anything apache
apollo apple apples april aquarius archer arizona arlington arsenal arthur asdasd asdasdasd asdf asdfasdf asdfgh asdfghjkl
asdqwe asshole assassin asterix athena atlanta attitude audrey august aurora austin australia autumn avalanche avalon
awesome azerty babies babyblue babyboy babydoll babygirl babyface backspace badass badboy badgirl bailey balance ballet
banana bananas bandit barbara barbie barcelona barney baseball basket basketball bastard batman battle bayern beach bear
beast beatles beatrice beautiful beauty beaver beckham behappy believe bella benjamin bernard berlin bertha betty beyonce
bicycle bigboy bigdaddy bigdick bigdog bigfoot billabong billy biology birdie birthday biscuit bismillah bitch black
blackbird blackberry blackcat blackjack blackout blackrose bless blessed blessing blink blizzard blood blowjob blondie
bluebird bluesky bobby bollocks bonjour bonnie booboo booger boomer boston bowling bradley brandi brandon brandy braves
brazil breanna brenda brianna bridget britney brittany broncos brooke brooklyn brother brothers brownie bubble bubbles
buddha buddy buffalo buffy bulldog bulldogs bullet bullshit business buster butter buttercup butterfly butterflies
butthead button cadillac calculator calendar california calvin camaro cameron campbell canada canadian candle candy
candyman cannabis capricorn captain caramel cardinal carlos carmen carolina caroline carpediem carter cartman casanova
casper cassandra cassie castle catalina catherine catdog caterpillar cecilia celtic center chacha challenge challenger champion
champions chance changeit changeme changethis changepassword charles charlie charlotte charmed charming cheerleader cheese
cheesecake chelsea cherokee cherry chester chevrolet chevy chicago chichi chicken chickens children china chinese chivas
chloe chocolate chocolat chopper chris christ christian christina christine christmas christopher chucky cinderella
cinnamon citizen claire claudia cleopatra clemson clifford clinton cocacola coconut coffee college colombia colorado
colors columbia comeon comfort company compaq computer computers concrete confused connect connor consuelo contact content
contrasena control cookie cookies cooper corazon corona corvette cosworth courage courtney cowboy cowboys cowgirl coyote
crazy creative creation cricket cristian cristiano cristina crystal cuddles cupcake curtis customer cutiepie daddy daddysgirl
daisy dakota dallas dallascowboys dalton dancer dancing daniel daniela danielle danger darkangel darkknight darkness
darling darthvader database dauphin david dawson deadman death december default deftones delete delfin denise dennis
denver deputy desiree design designer desktop destination destiny destroyer deutschland devil devils dexter diablo diamond
diamonds diana dickhead diego diesel digger digimon digital dinosaur dipset director dirtbike discover disney diver dixie
doctor dodgers dolphin dolphins domain dominic dominique donald donkey donnie doodle doraemon dorothy double douglas
download dragon dragonball dragonballz dragons dreamer dreams drummer ducati dude duncan dundee dustin dynamic eagle eagles
earnhardt easter eastside eclipse edward einstein elaine eleanor electric electronic element elephant elizabeth ellie
emanuel emerald emily eminem emmanuel empire energy engineer england english enigma enrique enter entertainment environment
erica erika esmeralda espana esperanza essence estrella eternity europe evelyn everton everything evolution excalibur
excellent example explorer express fabian facebook faith faithful falcon falcons family familyguy fantasia fantastic fantasy
farmer fatboy father february federico felicity felipe felix fender fernanda fernando ferrari filter finger firebird fireball
firefighter firefly firefox fireman fireworks fisher fishing flamingo flash fletcher flexible florence florida flower flowers
fluffy flyers flying football footballer forever foreverlove forest forgot formula fortuna fossil foxtrot france frances
francesca francesco francis francisco frank frankie franklin freddie freddy frederick free freedom freeman freeway freckles
french friday friend friends friendship friendster froggy frosty fuckface fucker fucking fuckme fuckoff fuckyou fullmoon
fussball future gabriel gabriela gabriella galaxy games gandalf ganesha gangsta gangster garfield garrett gateway gatewright
gemini general generation genesis genius george georgia georgina gerald gerard germany getmoney getout ghetto giants gibson
gilbert ginger giovanni giraffe girlfriend girls gizmo gladiator gloria goddess godfather godisgood godisgreat godislove
godzilla goldberg golden goldfish golfer golfing goodbye goodboy goodgirl goodluck goodmorning google gordon gorgeous gorilla
grace graham grandma grandmother granny grandpa grapes grateful gravity greatest greatness green greenday greenbay gregory
griffin guardian guest guillermo guitar gunner gustavo gymnast gymnastics hacker hailey halflife hallo halloween hamburg
hamilton hammer hamster handball handsome hannah happiness happy happyday happyfeet harley harleydavidson harmony harold
harriet harrison harry harrypotter harvey hawaii hawkeye hawkins heather heaven heavymetal hector helena hellfire hello
helloworld hellokitty helpme henry hercules heritage hermione hernandez highland highlander highschool hitler hithere
hockey hogwarts holiday hollister hollywood homeboy homer homework honda honesty honey honeybee honolulu hooters hopeful
horney horses hotdog hotmail hotstuff houston howard hummer hunter hunting hurricane iamgod icecream iceman identity idontcare
idontknow idunno iforgot ihateyou iloveboys ilovechris ilovegod ilovehim ilovejesus ilovemusic ilovemyfamily ilovemymom ilovemyself ilovemydog
iloveu iloveyou iloveyouforever iloveyousomuch imagination imagine immortal imperial impossible incredible incubus independence
india indian indiana indians infinite infinity information inlove insane inside inspiration install instinct integra intelligent
internet intranet invisible invincible ireland ironman isabel isabella isabelle iseedeadpeople island israel italia italiano
italy iverson jackass jackie jackson jacksonville jacob jacqueline jaguar jaguars jamaica james jamesbond janice january
japan jasmine jasper jayjay jeanette jefferson jeffrey jenifer jennifer jenny jeremiah jeremy jerome jersey jesse jessica
jessie jesus jesuschrist jesusislord jesuslovesme jesussaves jimmy joanna joanne johanna johannes john johncena johnny
johnson jojojo jonathan jordan jorge joseph josephine joshua journey juanita judith julia julian juliana julie juliet
julius junior jupiter jurassic justice justin justinbieber justme kangaroo karate kareem karina karolina kathleen katherine
kathryn katrina kawasaki kayla keepout keeper kelsey kendall kenneth kermit kevin keyboard killer killers kimberly king
kingdom kingkong kisses kissme kitchen kitten kittens kittycat klaster knight knights knowledge kristen kristin kristina
kryptonite labrador ladybug lakers lakota lalala lamborghini lancer lasvegas latina laura lauren laurence lavender lawrence
leader leather leavemealone lebron lebronjames legend legolas lemonade leonard leonardo leonardodicaprio leopard lesbian leslie letmein
letmeinnow letmeinplease lexmark liberty library lifeisgood lifeisbeautiful lightning lights lilith lillian limited lincoln
lindsay lindsey linkedin linkinpark lion lionheart lionking lions lisa little littleman liverpool liverpoolfc lizard lizzie
lkjhgfdsa logical logitech lollipop lollol london lonely lonewolf longhorn longhorns looking lord lorena lorenzo losangeles
loser louise louisiana lovebug loveforever lovehurts loveislife lovelife lovely loveme lover loverboy lovers loveyou
lucifer lucky luckydog lucy ludwig luis lulu madison madonna madrid maggie magic magician magnolia magnum mailman majestic
malcolm malibu mallorca mamacita manager manchester manchesterunited mandarin manutd marcela marcelo marcos marcus margaret
margarita maria mariah mariana marianne marie mariela marijuana marilyn marina marine mariners marines mario mariposa marissa
market marlboro marlene marley marriage married marseille marshall marshmallow martha martin martina martinez marvin mary
maryjane maryland massachusetts master masterchief masters matador matrix matthew matthias maurice maverick maximus maxwell
mazda meatball medical medicine megadeth megan melanie melissa member memories memory mercedes mercury merlin mermaid messenger metallica
metropolis mexican mexico michael michaeljackson michaeljordan michelle michigan mickey mickeymouse microlab microphone microsoft midnight
miguel miller millennium million millionaire minecraft minnesota minnie miracle miranda mischief misfits mississippi missy mistress
mitchell mnbvcxz mobile modern mohamed mohammad mohammed molly moments monday money moneymaker moneymoney monica monika
monique monkey monkeys monopoly monster monsters montana monteiro montreal moonlight moonstar morgan morning morpheus
mortgage mother motherfucker mothers motocross motorcycle motorola mountain mountains movies mozart muffin multimedia murphy
music musica musicman mustang mustangs mybaby mylife mylove mymother myname mypassword myself myspace mystery mystical nancy
napoleon naruto nascar natalia natalie nathalie nathan nathaniel nature nazareth nebraska neptune network networks newcastle newlife
newpassword newport newyork newyorkcity newyorker nicholas nicholas nicole nightmare nightwish nikita nineteen nintendo nipple
nirvana nissan nobody nokia nopassword norman northern nothing notebook november nowayout nursing nutella obama october octopus
office oklahoma oliver olivia olympics onelove online onlyme opensesame operator optimist orange oranges orchid oregon orlando
oscar outkast outlaw outside overlord oxford paladin pakistan palmer pamela panasonic pandora pantera panther panthers papillon
paradise paramedic paramore parker party passion passport passw0rd passwd password passwords passpass passphrase passat patches
patience patricia patrick patriots paulina peaches peacock peanut peanuts pearljam peewee pebbles penelope penguin penguins
people pepper pepsi perfect performance personal peter peterpan petunia phantom philadelphia philip philippe phillip phoenix photo
photography photoshop piano picasso pickle picture pierre piglet pimpin pineapple pingpong pink pinkfloyd pinky pioneer piramide
pirate pirates pitbull pittsburgh pizza plasma platinum players playboy player playing playstation please pleasure plymouth
pokemon poker police policeman politics poohbear pookie popcorn popeye porsche portable portugal positive possible potato power powers
precious predator presario president pretty prettygirl prince princesa princess princesses principe printer priscilla private
problem prodigy product professional professor program programmer progress promise prosper protected protocol psycho
public pumpkin punisher puppies puppy purple pussy pussycat putter pyramid qazwsx qazwsxedc qqqqqq qwaszx qweasd qweasdzxc qweqwe
qwer qwerasdf qwert qwerty qwertyu qwertyui qwertyuiop qwertz quality queen quest question rabbit rachel racing radio raiders
railroad rainbow rainbows raistlin ralph rammstein ramona random ranger rangers rapture rasmus raymond reaper rebecca rebel
redbull redhead redneck redrose redskins redsox redwings reggae regina register remember renegade republic research rescue resident
respect retired revolution rhapsody ricardo richard richmond robbie robert roberta roberto robinson robotics rochelle rocket rockets
rockford rockon rockstar rockyou roderick rodney rodrigo rodriguez roger roland rolando rollercoaster romance romania romano romeo ronald
ronaldinho ronaldo roosevelt rooster rosebud rosemary roses rossignol royalty rubber runescape runner running russell russia
rustydog ruthless sabrina safety sagitario sailing sailormoon saints sakura salamander sally samantha sammy sample samson
samsung samuel samurai sanchez sandiego sandman sandra sandy sanfrancisco santana santiago santos sapphire sarah saratoga
sasuke satan saturn saturday savage savannah scarface scarlet school science scientist scooby scoobydoo scooter scorpio scorpion
scotland scottish scout scrabble scrappy scruffy seattle sebastian secret secrets security sentinel september serena serenity sergio
service seventeen sex sexsex sexy sexyback sexybitch sexygirl sexylady sexymama shadow shadows shakira shalom shannon sharon shaved
sheepdog sheffield sheila shelby sherlock sherry shirley shithead shopping shorty shotgun shutup siemens sierra silence silver
silverado simon simone simple simpsons sinclair singer sister sisters skateboard skater skeleton skipper skittles skywalker slayer
slipknot smile smiley smiles smirnoff smith smokey smooth snickers sniper snoopdogg snoopy snow snowball snowboard snowflake snowman
soccer socrates softball software soldier soledad solitude somebody someone something sonic sophia sophie soprano southpark
southside spaceman spain spanish spanky sparkle sparky special spencer spider spiderman spiderpig spirit spitfire spongebob
spongebobsquarepants spooky sports spring springer springfield squirrel stallion standard stanford stanley star stargate starlight
stars starship startrek startfinding starwars station steelers stefan steelman stella stephanie stephen steven steward stingray stonecold
stoner storm stranger strawberry strawberries student stupid success suckit sugar suicide summer summertime sunday sunderland sunflower
sunflowers sunny sunrise sunset sunshine superman supergirl superhero supernatural supernova superstar superuser support surfer
surfing survivor susan suzanne suzuki swallow sweden sweet sweetheart sweetie sweetness sweetpea swimmer swimming switzerland sydney
sylvester sylvia symphony syracuse system tamara tanner tarzan tasha taurus taylor taylorswift teacher teamo teamwork techno technology
teddy teddybear teenager telecom telephone television temp temporal temporary temppass tennis tennessee teresa terminal terminator
terrence test testing tester testtest testpassword texas thailand thankyou theater thebeatles thebest thedoors theking thematrix themaster
theodore therapy theresa theshadow thethe thiago thirteen thomas thuglife thumper thunder thunderbird thunderbolt tiberius tiffany tiger
tigers tigger timber timothy tinker tinkerbell titanic tomato tomcat tommy toontown tootsie topgun topsecret toronto tottenham toyota
traffic training transfer transformers trapdoor travel travis treasure trevor triangle trinidad trinity triumph trombone trooper tropical
trouble trucker trumpet trustme trustno trustnoone tucker tuesday turkey turtle tweety tweetybird twilight twinkle twister
unbelievable underground undertaker unforgiven unicorn unicorns united universal universe university unknown unlimited username
valencia valentin valentina valentine valerie vampire vampires vanessa vanilla vegeta velocity venezuela venus veronica veronika
vertical vicente vicious victor victoria victory viking vikings vincent vinicius violet violin viper virgin virginia virtual vision
vladimir volcano volcom volkswagen volleyball voyager wallpaper walmart walter wanderer warcraft warhammer warlock warrior warriors
washington waterfall waterloo watermelon wayne webmaster website wednesday welcome welcomehome wellington werder wesley westham
westlife westside whatever whatsup wheels whiskey whisper white whitney whoami wicked widget wildcat wildcats wildfire wilfred william
williams willow wilson windows winner winners winnie winniethepooh winston winter wireless wisconsin wizard wolfgang wolverine wolves woman
wombat women wonder wonderful wonderland woody woodland wordpass working world worldcup worldofwarcraft wrestling wrestler xavier
xbox xiaoming yahoo yamaha yankee yankees yellow yesterday yolanda yourmom yourname yourmother youandme yosemite zachary zaqwsx zaqxsw zeppelin zidane
zombie zxcasd zxcv zxcvbn zxcvbnm zxczxc
passwort hallowelt geheim schatz sommer herbst fruehling schalke schalke04 bayernmuenchen borussia dortmund ichliebedich liebling
qwertzuiop sonnenschein schmetterling hoffnung freiheit schokolade computerspiel motdepasse bonjour soleil jetaime doudou loulou
marseille chouchou azertyuiop contraseña contrasenia teamomucho teamo tequiero tequieromucho princesita corazoncito senha senhasenha
brasil flamengo corinthians palmeiras saopaulo deusefiel familia felicidade wachtwoord welkom feyenoord salasana haslo hasło polska
parola juventus forzamilan andrea ciaociao amoremio tiamo heslo jelszo jelszó sifre parol пароль йцукен привет любовь наташа
woaini woaini1314 5201314 iloveyou1314 password1 passer alohomora thisismypassword thisisapassword thisisapass mypasswordis
passwordis enterpassword yourpassword forgotpassword nopasswords secretpassword adminadmin adminpassword administratorpassword rootroot
rootpassword toor root defaultpassword initialpassword changemenow changemeplease pleasechangeme userpassword passworduser letmein1 welcomeback
welcometo welcomeback correcthorsebatterystaple correcthorse trustnol trustno1 iamthebest iamawesome iamironman iambatman ihatepasswords
ihatethis ilovecats ilovedogs ilovechocolate iloveyoubaby iloveyoualways iloveyouverymuch ilovemyhusband ilovemywife ilovemykids ilovemylife
whatsmyname whatisthis nevergiveup nevermind neversaynever neverland neverforget livelaughlove livinglife lovelovelove lovemeforever
lordoftherings starwarsfan maytheforcebewithyou gameofthrones winteriscoming harrypotterfan expectopatronum avadakedavra supercalifragilisticexpialidocious
abracadabra opensesame hakunamatata toinfinityandbeyond tobeornottobe onceuponatime thequickbrownfox quickbrownfox loremipsum
helloworld hellothere hellohello happybirthday happynewyear merrychristmas summervacation springbreak monkeybusiness bananasplit
redhotchilipeppers thebeatles pinkfloyd ledzeppelin gunsnroses backstreetboys onedirection fallout fortnite callofduty counterstrike
leagueoflegends pokemongo assassinscreed grandtheftauto halfliferules realmadrid atleticomadrid fcbarcelona barcelonafc manchestercity
chelseafc arsenalfc tottenhamhotspur liverpoolfc youllneverwalkalone newyorkyankees bostonredsox greenbaypackers pittsburghsteelers
denverbroncos dallascowboys oaklandraiders losangeleslakers chicagobulls sanfranciscogiants unitedstates unitedstatesofamerica unitedkingdom
newzealand southafrica puertorico losangeles sanantonio northcarolina southcarolina northdakota californialove californiadreaming
jesusismylord jesusloves godblessyou godblessme godblessamerica inthenameofgod jesusisking blessedbethename amazinggrace faithhopelove
companyname companypassword officepassword monitor monitoring sysadmin systemadmin superadmin supervisor support123 service123 oracle postgres mysql mongodb
redis jenkins kubernetes docker ubuntu debian raspberry raspberrypi cisco juniper fortinet vagrant ansible wordpress joomla drupal
`
