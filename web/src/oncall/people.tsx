// Everybody, with what they are on call of, their calendar, and the telephone.
import { Head } from "../parts/head";
import type { Person } from "./ask";
import { FeedLink } from "./now";
import { Ring } from "./ring";
import { ot } from "./texts";

export function People({ people }: { people: Person[] }) {
  const texts = ot.value;
  const columns = [texts.person, texts.teams, texts.onCallNow, texts.calendar, texts.telephone];
  return (
    <section>
      <h2>{texts.people}</h2>
      {people.length === 0 && <p class="hint">{texts.noPeople}</p>}
      {people.length > 0 && (
        <div class="scroll" tabIndex={0} role="region" aria-label={texts.people}>
          <table class="people">
            <Head columns={columns} />
            <tbody>
              {people.map((one) => (
                <tr key={one.name}>
                  <th scope="row">
                    {one.title} {one.title !== one.name && <span class="detail">{one.name}</span>}
                  </th>
                  <td>{one.teams.join(", ")}</td>
                  <td>
                    {one.on_call_of.join(", ")} {one.away && <b>{texts.away}</b>}
                  </td>
                  <td>
                    <FeedLink of="person" name={one.name} />
                  </td>
                  <td>
                    {one.has_phone ? <Ring person={one.name} /> : <span class="detail">{texts.noTelephone}</span>}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}
