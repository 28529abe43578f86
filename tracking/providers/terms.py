"""General words about applications, which a mailbox is searched for by its own server.

Some servers match whole words only, so forms are listed. What stands in quotes is one phrase.
"""

from __future__ import annotations

import re

# en, de, fr, es, pt, it, nl
WORDS = """
application applications applied applying applicant applicants candidate candidates candidacy
interview interviews interviewing interviewer recruiter recruiters recruiting recruitment recruiter's
"hiring manager" "hiring team" "hiring process" "talent acquisition" "talent team" "people team"
"phone screen" "screening call" "intro call" "introductory call" "next steps" "next round" "next stage"
"job offer" "offer letter" "employment offer" "start date" "background check"
assessment "coding challenge" "coding test" "online test" "take-home" "technical test" "skills test"
"your resume" "your CV" "your background" "your interest in" "thank you for your interest"
"other candidates" "move forward" "moving forward" "not to proceed" "job opening" "open position" "open role"
vacancy vacancies requisition onsite
Bewerbung Bewerbungen beworben Bewerber Bewerbungsgespräch Bewerbungsunterlagen Bewerbungsprozess
Vorstellungsgespräch Kennenlerngespräch Stellenangebot Stelle Absage Arbeitsvertrag Probetag Einstellungstest
Personalabteilung
candidature candidatures postulé entretien entretiens recruteur recrutement embauche poste
candidatura candidaturas postulación solicitud entrevista entrevistas "oferta de empleo" "oferta laboral"
"proceso de selección" reclutamiento vacante puesto
"processo seletivo" recrutamento vaga vagas "proposta de emprego" candidatou
candidature colloquio colloqui selezione "offerta di lavoro" "posizione aperta" assunzione
sollicitatie sollicitaties sollicitatiegesprek gesolliciteerd vacature vacatures kennismakingsgesprek
arbeidsovereenkomst
"""
TERMS = tuple(dict.fromkeys(re.findall(r'"[^"]+"|\S+', WORDS)))
