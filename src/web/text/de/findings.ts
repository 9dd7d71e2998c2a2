/** Was ein Vergleich gefunden hat, auf Deutsch. */
import { type Finding, worthPhotos, worthSaying } from '../../../wire/findings.ts'
import { count, decimal, percent } from '../../format.ts'

const range = (interval: readonly [number, number] | null): string =>
  interval ? ` (${decimal(interval[0], 3)} bis ${decimal(interval[1], 3)})` : ''
const list = (items: readonly string[]): string =>
  items.length < 2 ? items.join('') : `${items.slice(0, -1).join('; ')} und ${items.at(-1)}`

export function tellFinding(finding: Finding, titleOf: (key: string) => string): string {
  switch (finding.code) {
    case 'nothingRan':
      return 'Kein Verfahren lief; die Tabelle sagt, warum.'
    case 'best': {
      const { method, auroc, interval } = finding
      return `Am besten auf Ihren Bildern: ${titleOf(method)}, AUROC ${decimal(auroc, 3)}${range(interval)}: von einem Bild der Sache und einem anderen stellt es in ${percent(auroc)} der Fälle das richtige voran.`
    }
    case 'even':
      return `Auf diesen ${count(finding.images)} Prüfbildern nicht wirklich anders: ${list(finding.methods.map(titleOf))}.`
    case 'served': {
      const { isBest, auroc, interval, rejects, passes, alpha } = finding
      const place = isBest
        ? 'Das ist das Ensemble, das im Dienst ist; es'
        : `Das Ensemble, das im Dienst ist, hat AUROC ${decimal(auroc, 3)}${range(interval)}; bei Ihrer Strenge`
      return `${place} weist ${isBest ? '' : 'es '}${percent(rejects)} der Sache ab (versprochen sind im Mittel höchstens ${percent(alpha)}) und lässt ${percent(passes)} der anderen Bilder durch.`
    }
    case 'negatives': {
      const { gap, mayBeChance } = finding
      const method = titleOf(finding.method)
      if (gap <= worthSaying)
        return `Negative braucht es hier nicht: ${method}, das mit ihnen trainiert, liegt ${gap < -worthSaying ? `um ${decimal(-gap, 3)} AUROC hinter dem Ensemble` : 'gleichauf mit dem Ensemble'}.`
      return mayBeChance
        ? `Negative lohnen hier vielleicht: ${method}, das mit ihnen trainiert, liegt um ${decimal(gap, 3)} AUROC vor dem Ensemble, was bei so wenigen Bildern Zufall sein kann.`
        : `Negative lohnen hier: ${method} liegt um ${decimal(gap, 3)} AUROC vor dem Ensemble. Es kennt Negative von der Art des Trainings; was später kommt, kann anders sein.`
    }
    case 'naive':
      return finding.acceptsAll
        ? 'Das naive Einklassen-CNN von 2019 fiel zusammen, wie es muss: es sagt zu jedem Bild ja.'
        : `Das naive Einklassen-CNN von 2019 erreicht AUROC ${decimal(finding.auroc, 2)}; mehr verlangt sein Training nicht.`
    case 'photos': {
      const { from, to, gain, mayBeChance = true } = finding
      const moved = `von ${count(from)} auf ${count(to)} Fotos änderte sich das Ensemble ganzer Bilder um ${gain >= 0 ? '+' : '−'}${decimal(Math.abs(gain), 3)} AUROC (die Lernkurve betrachtet keine einzelnen Stellen)`
      if (gain <= worthPhotos) return `Mehr Fotos derselben Art würden wenig ändern: ${moved}.`
      return mayBeChance
        ? `Mehr Fotos helfen vielleicht: ${moved}, was bei so wenigen Bildern Zufall sein kann.`
        : `Mehr Fotos würden wohl helfen: ${moved}.`
    }
    case 'noNegatives': {
      const { positives, rejects, alpha } = finding
      const said = `Ohne Negative in der Prüfung lässt sich nicht sagen, was durchkommt; so ging es ${count(positives)} Bildern der Sache.`
      return rejects === null
        ? said
        : `${said} Das Ensemble weist ${percent(rejects)} von ihnen ab; versprochen sind im Mittel höchstens ${percent(alpha)}.`
    }
  }
}
