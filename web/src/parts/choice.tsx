// A labelled choice of one of a few.
export function Choice(props: {
  label: string;
  value: string;
  choices: [string, string][];
  onChoose: (value: string) => void;
}) {
  return (
    <label>
      {props.label}{" "}
      <select value={props.value} onChange={(event) => props.onChoose(event.currentTarget.value)}>
        {props.choices.map(([value, text]) => (
          <option value={value} key={value}>
            {text}
          </option>
        ))}
      </select>
    </label>
  );
}
